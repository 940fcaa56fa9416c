import { createHash } from 'node:crypto'

/** A block header as it goes over the wire: 80 bytes. */
export const headerSize = 80

/** A header of a Bitcoin block. Hashes are in hex, in the order in which people write them. */
export interface BlockHeader {
  readonly hash: string
  readonly version: number
  readonly parent: string
  readonly merkleRoot: string
  /** Seconds since 1970. */
  readonly time: number
  /** The target in compact form. */
  readonly bits: number
  readonly nonce: number
}

/** Reads 80 bytes. Throws RangeError for any other length. */
export function parseHeader(bytes: Uint8Array): BlockHeader {
  if (bytes.length !== headerSize) throw new RangeError(`a header has ${headerSize} bytes, not ${bytes.length}`)
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  return {
    hash: hashOf(bytes),
    version: view.getInt32(0, true),
    parent: displayed(bytes.subarray(4, 36)),
    merkleRoot: displayed(bytes.subarray(36, 68)),
    time: view.getUint32(68, true),
    bits: view.getUint32(72, true),
    nonce: view.getUint32(76, true),
  }
}

/** The 80 bytes of a header. */
export function encodeHeader({
  version,
  parent,
  merkleRoot,
  time,
  bits,
  nonce,
}: Omit<BlockHeader, 'hash'>): Uint8Array {
  const bytes = new Uint8Array(headerSize)
  const view = new DataView(bytes.buffer)
  view.setInt32(0, version, true)
  bytes.set(Buffer.from(parent, 'hex').toReversed(), 4)
  bytes.set(Buffer.from(merkleRoot, 'hex').toReversed(), 36)
  view.setUint32(68, time, true)
  view.setUint32(72, bits, true)
  view.setUint32(76, nonce, true)
  return bytes
}

/** SHA-256 of SHA-256, in the order in which people write it. */
const hashOf = (bytes: Uint8Array): string => displayed(sha256(sha256(bytes)))

const sha256 = (bytes: Uint8Array): Buffer => createHash('sha256').update(bytes).digest()
const displayed = (bytes: Uint8Array): string => Buffer.from(bytes.toReversed()).toString('hex')
