import { sha256 as nobleSha256 } from '@noble/hashes/sha2.js'
import { toHex } from './bytes.ts'
import { argumentError } from './error.ts'
import { encodeUtf8 } from './text.ts'

/** SHA-256 of bytes: 32 bytes in a fresh array. Must neither change nor keep its argument. */
export type Sha256 = (bytes: Uint8Array) => Uint8Array

/** SHA-256 in plain JavaScript; a host passes a native one where it is faster. */
export const sha256: Sha256 = nobleSha256

const messageDomain = encodeUtf8('grapevine-message/1')
const digestOffset = messageDomain.length
const indexOffset = digestOffset + 32

/**
 * The topic as it stands in gossip, `/gv/1/<first 8 bytes of the network id in hex>/<topic>`: two networks never
 * mix, and a new wire format gets a new number. Throws `argument` if the network id is not 32 bytes.
 */
export function wireTopic(networkId: Uint8Array, topic: string): string {
  if (networkId.length !== 32) throw argumentError('networkId', '32 bytes', `${networkId.length} bytes`)
  return `/gv/1/${toHex(networkId.subarray(0, 8))}/${topic}`
}

/**
 * Id of an envelope in gossip: SHA-256(wire topic in UTF-8 ‖ 0 ‖ all wire bytes, the signature included). gossipsub
 * marks an id as seen before the verdict, so an id over anything less lets a forged copy suppress the honest one.
 * Throws `not-unicode` for a topic with a lone surrogate.
 */
export function gossipId(hash: Sha256, topicOnWire: string, bytes: Uint8Array): Uint8Array {
  const topic = encodeUtf8(topicOnWire)
  const input = new Uint8Array(topic.length + 1 + bytes.length)
  input.set(topic)
  input.set(bytes, topic.length + 1)
  return hash(input)
}

/**
 * Ids of the `count` messages of an envelope, in order, 32 bytes each: SHA-256("grapevine-message/1" ‖
 * SHA-256(signed bytes) ‖ index from 0 as 4 bytes, big-endian). The second input is 55 bytes, the most that SHA-256
 * takes in one block. Cost: one pass over the signed bytes and one block a message (docs/decisions/0002).
 */
export function messageIds(hash: Sha256, signedBytes: Uint8Array, count: number): Uint8Array[] {
  const input = new Uint8Array(indexOffset + 4)
  input.set(messageDomain)
  input.set(hash(signedBytes), digestOffset)
  const ids: Uint8Array[] = []
  for (let index = 0; index < count; index++) {
    input[indexOffset] = index >>> 24
    input[indexOffset + 1] = index >>> 16
    input[indexOffset + 2] = index >>> 8
    input[indexOffset + 3] = index
    ids.push(hash(input))
  }
  return ids
}
