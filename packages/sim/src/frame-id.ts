import { gossipId, type Sha256, toHex } from '@grapevine/protocol'
import type { Frame } from './packet.ts'

/** A gossip id. */
export interface FrameId {
  readonly topic: string
  readonly id: Uint8Array
  /** In hex. */
  readonly hex: string
}

/** Bytes pass from host to host as one object, so each id is computed once. */
const ids = new WeakMap<Uint8Array, FrameId>()

/** The gossip id of a frame. */
export function idOf(sha256: Sha256, { topic, bytes }: Frame): FrameId {
  const known = ids.get(bytes)
  if (known?.topic === topic) return known
  const id = gossipId(sha256, topic, bytes)
  const named = { topic, id, hex: toHex(id) }
  ids.set(bytes, named)
  return named
}
