import { gossipId, type Sha256 } from '@grapevine/protocol'
import type { Frame } from './packet.ts'

/** Bytes pass from host to host as one object, so each id is computed once. */
const ids = new WeakMap<Uint8Array, { readonly topic: string; readonly id: Uint8Array }>()

/** The gossip id of a frame. */
export function idOf(sha256: Sha256, { topic, bytes }: Frame): Uint8Array {
  const known = ids.get(bytes)
  if (known?.topic === topic) return known.id
  const id = gossipId(sha256, topic, bytes)
  ids.set(bytes, { topic, id })
  return id
}
