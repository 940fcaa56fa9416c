import { concatBytes } from '../bytes.ts'
import { sha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'

/** Both halves of the last hash, unsigned: `keyHash` sets them. Saves an object a key; read them before the next call. */
export const hashed: Uint32Array = new Uint32Array(2)

/** Rounds after which the next word comes in: two for each of four, and then four. */
const roundsMax = 12

/** The four message words, low half first, each at the number of the rounds before it. */
const words = new Int32Array(8)

const swap = (word: number): number => (word << 24) | ((word << 8) & 0xff0000) | ((word >>> 8) & 0xff00) | (word >>> 24)

/** A key of SipHash, as four 32-bit words: low and high half of each 64-bit word. */
export type HashKey = Readonly<Int32Array>

/** From 16 bytes, as SipHash reads them. */
export function hashKeyFrom(bytes: Uint8Array): HashKey {
  const view = new DataView(bytes.buffer, bytes.byteOffset, 16)
  return Int32Array.from([0, 4, 8, 12], (at) => view.getInt32(at, true))
}

/**
 * The key of the hashes on a topic, 16 bytes: the first of SHA-256("grapevine-sketch/1" ‖ 00 ‖ network id ‖ topic in
 * UTF-8). All nodes that hold the topic have the same, as their coded symbols must agree; it is no secret.
 */
export function sketchKey(networkId: Uint8Array, topic: string): Uint8Array {
  return sha256(concatBytes(encodeUtf8('grapevine-sketch/1\0'), networkId, encodeUtf8(topic))).slice(0, 16)
}

/**
 * SipHash-2-4 of a key's 24 bytes: time in 8 bytes, big-endian, then 16 bytes of id. Takes them as big-endian words and
 * leaves the result in `hashed`. https://www.aumasson.jp/siphash/siphash.pdf
 */
export function keyHash(key: HashKey, th: number, tl: number, w0: number, w1: number, w2: number, w3: number): void {
  // SipHash reads little-endian words: the first four bytes are the low half. The last word holds the length.
  words[0] = swap(th)
  words[1] = swap(tl)
  words[2] = swap(w0)
  words[3] = swap(w1)
  words[4] = swap(w2)
  words[5] = swap(w3)
  words[7] = 24 << 24
  // The state in locals: elsewhere each 32-bit number would be an object (5 times slower).
  let v0l = key[0]! ^ 0x70736575
  let v0h = key[1]! ^ 0x736f6d65
  let v1l = key[2]! ^ 0x6e646f6d
  let v1h = key[3]! ^ 0x646f7261
  let v2l = key[0]! ^ 0x6e657261
  let v2h = key[1]! ^ 0x6c796765
  let v3l = key[2]! ^ 0x79746573
  let v3h = key[3]! ^ 0x74656462
  for (let done = 0; done < roundsMax; done++) {
    const first = (done & 1) === 0 && done < 8
    if (first) {
      v3l ^= words[done]!
      v3h ^= words[done + 1]!
    } else if (done === 8) {
      v2l ^= 0xff
    }
    let low = (v0l + v1l) | 0
    v0h = (v0h + v1h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
    v0l = low
    let high = ((v1h << 13) | (v1l >>> 19)) ^ v0h
    v1l = ((v1l << 13) | (v1h >>> 19)) ^ v0l
    v1h = high
    high = v0l
    v0l = v0h
    v0h = high
    low = (v2l + v3l) | 0
    v2h = (v2h + v3h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
    v2l = low
    high = ((v3h << 16) | (v3l >>> 16)) ^ v2h
    v3l = ((v3l << 16) | (v3h >>> 16)) ^ v2l
    v3h = high
    low = (v0l + v3l) | 0
    v0h = (v0h + v3h + (low >>> 0 < v0l >>> 0 ? 1 : 0)) | 0
    v0l = low
    high = ((v3h << 21) | (v3l >>> 11)) ^ v0h
    v3l = ((v3l << 21) | (v3h >>> 11)) ^ v0l
    v3h = high
    low = (v2l + v1l) | 0
    v2h = (v2h + v1h + (low >>> 0 < v2l >>> 0 ? 1 : 0)) | 0
    v2l = low
    high = ((v1h << 17) | (v1l >>> 15)) ^ v2h
    v1l = ((v1l << 17) | (v1h >>> 15)) ^ v2l
    v1h = high
    high = v2l
    v2l = v2h
    v2h = high
    if ((done & 1) === 1 && done < 8) {
      v0l ^= words[done - 1]!
      v0h ^= words[done]!
    }
  }
  hashed[0] = v0h ^ v1h ^ v2h ^ v3h
  hashed[1] = v0l ^ v1l ^ v2l ^ v3l
}
