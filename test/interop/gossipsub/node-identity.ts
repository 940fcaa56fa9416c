import type { Identity } from '../../../packages/node/src/home/identity.ts'
import { identityOf } from '../identity.ts'

/** The identity of a node of gossipsub-interop: its number, little-endian, is the seed. */
export function nodeIdentity(node: number): Identity {
  const seed = Buffer.alloc(32)
  seed.writeUInt32LE(node)
  return identityOf(seed)
}
