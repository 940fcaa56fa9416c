import { concatBytes, equalBytes } from '../bytes.ts'
import { argumentError } from '../error.ts'
import { type Sha256, sha256 as plainSha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'

/** Bytes of every chunk but the last. */
export const chunkSize = 262_144

/** Bytes of a body at most: 32 MiB, 128 chunks. */
export const bodySizeMax = 33_554_432

/** Bytes of a proof at most: a hash for each of 7 levels. */
export const chunkProofSizeMax = 224

const domain = encodeUtf8('grapevine-chunks/1')
const [leafPrefix, nodePrefix] = [Uint8Array.of(0), Uint8Array.of(1)]

/** How many chunks a body of `size` bytes has. */
export function chunkCount(size: number): number {
  return Math.ceil(size / chunkSize)
}

/** The hashes of the chunks of a body, one after the other, 32 bytes each: what a tree is made of without the body. */
export function leafHashes(body: Uint8Array, sha256: Sha256 = plainSha256): Uint8Array {
  const hashes = new Uint8Array(32 * chunkCount(body.length))
  for (let index = 0; index * chunkSize < body.length; index++)
    hashes.set(leafHash(body.subarray(index * chunkSize, (index + 1) * chunkSize), sha256), 32 * index)
  return hashes
}

/** The hash of a chunk. */
export const leafHash = (chunk: Uint8Array, sha256: Sha256 = plainSha256): Uint8Array =>
  sha256(concatBytes(leafPrefix, chunk))

/**
 * The Merkle tree over the chunks of a body, as in RFC 6962 (a chunk is hashed with 0 before it, two hashes with 1), and the root
 * over its size and the top of it: SHA-256("grapevine-chunks/1" ‖ size as 8 bytes, big-endian ‖ top). So each chunk can be checked
 * by itself, whoever sends it. Of the body it needs the hashes of the chunks only.
 */
export class LeafTree {
  /** 32 bytes. */
  readonly root: Uint8Array
  readonly size: number
  readonly #leaves: Uint8Array
  readonly #sha256: Sha256
  readonly #hashes = new Map<string, Uint8Array>()

  /** `leaves`: of a body of `size` bytes, as {@link leafHashes} gives them. Throws `argument` if they cannot be. */
  constructor(size: number, leaves: Uint8Array, sha256: Sha256 = plainSha256) {
    if (!(size >= 1 && size <= bodySizeMax)) throw argumentError('body', `1 to ${bodySizeMax} bytes`, `${size} bytes`)
    if (leaves.length !== 32 * chunkCount(size))
      throw argumentError('leaves', `${chunkCount(size)} hashes`, `${leaves.length} bytes`)
    this.size = size
    this.#leaves = leaves
    this.#sha256 = sha256
    this.root = rootOf(size, this.#hashOf(0, this.count), sha256)
  }

  get count(): number {
    return chunkCount(this.size)
  }

  /** The hash of a chunk, as a view. */
  leaf(index: number): Uint8Array {
    return this.#leaves.subarray(32 * index, 32 * (index + 1))
  }

  /** Hashes beside the way from a chunk to the top, the lowest first, 32 bytes each. */
  proof(index: number): Uint8Array {
    const hashes: Uint8Array[] = []
    let [from, to] = [0, this.count]
    while (to - from > 1) {
      const middle = from + largestPowerBelow(to - from)
      if (index < middle) {
        hashes.push(this.#hashOf(middle, to))
        to = middle
      } else {
        hashes.push(this.#hashOf(from, middle))
        from = middle
      }
    }
    return concatBytes(...hashes.toReversed())
  }

  #hashOf(from: number, to: number): Uint8Array {
    if (to - from === 1) return this.leaf(from)
    const key = `${from} ${to}`
    let hash = this.#hashes.get(key)
    if (hash === undefined) {
      const middle = from + largestPowerBelow(to - from)
      hash = nodeOf(this.#hashOf(from, middle), this.#hashOf(middle, to), this.#sha256)
      this.#hashes.set(key, hash)
    }
    return hash
  }
}

/** A {@link LeafTree} with its body. */
export class ChunkTree extends LeafTree {
  readonly #body: Uint8Array

  /** Keeps the body, which must not change. Throws `argument` for an empty one, and one above `bodySizeMax`. */
  constructor(body: Uint8Array, sha256: Sha256 = plainSha256) {
    super(body.length, body.length > bodySizeMax ? new Uint8Array() : leafHashes(body, sha256), sha256)
    this.#body = body
  }

  /** A view of a chunk. */
  chunk(index: number): Uint8Array {
    return this.#body.subarray(index * chunkSize, (index + 1) * chunkSize)
  }
}

/** A chunk as it came from a peer, and what it is said to be part of. */
export interface ChunkClaim {
  /** 32 bytes. */
  readonly root: Uint8Array
  /** Of the body, 1 to `bodySizeMax`. */
  readonly size: number
  readonly index: number
  readonly bytes: Uint8Array
  readonly proof: Uint8Array
}

/** Whether bytes are the chunk of that index in the body of that size with that root. Never throws. */
export function checkChunk({ root, size, index, bytes, proof }: ChunkClaim, sha256: Sha256 = plainSha256): boolean {
  const count = chunkCount(size)
  if (size < 1 || size > bodySizeMax || index < 0 || index >= count) return false
  if (bytes.length !== chunkLength(size, index) || proof.length > chunkProofSizeMax) return false
  // As in RFC 9162, 2.1.3.2.
  let [place, last] = [index, count - 1]
  let hash = leafHash(bytes, sha256)
  let used = 0
  for (; last > 0; used += 32) {
    if (used + 32 > proof.length) return false
    const beside = proof.subarray(used, used + 32)
    if (place % 2 === 1 || place === last) {
      hash = nodeOf(beside, hash, sha256)
      while (place % 2 === 0 && place !== 0) [place, last] = [place >> 1, last >> 1]
    } else hash = nodeOf(hash, beside, sha256)
    ;[place, last] = [place >> 1, last >> 1]
  }
  return used === proof.length && equalBytes(rootOf(size, hash, sha256), root)
}

/** Bytes of a chunk. */
export function chunkLength(size: number, index: number): number {
  return Math.min(chunkSize, size - index * chunkSize)
}

function rootOf(size: number, top: Uint8Array, sha256: Sha256): Uint8Array {
  const sizeBytes = new Uint8Array(8)
  new DataView(sizeBytes.buffer).setUint32(4, size)
  return sha256(concatBytes(domain, sizeBytes, top))
}

function nodeOf(left: Uint8Array, right: Uint8Array, sha256: Sha256): Uint8Array {
  return sha256(concatBytes(nodePrefix, left, right))
}

/** The largest power of two below a number above 1; 0 for 1. */
function largestPowerBelow(count: number): number {
  return count <= 1 ? 0 : 2 ** Math.floor(Math.log2(count - 1))
}
