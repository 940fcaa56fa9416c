import { displayOrder, doubleSha256, merkleRoot } from './hash.ts'
import { type Judgement, payloadBytesMax } from './judgement.ts'

/** The topic of block announcements: a header and the ids of the block's transactions, in order. */
export const headerTopic = 'btc/header'

/** Bytes of a Bitcoin block header. */
const headerBytes = 80

/**
 * Wire form, all lengths fixed by the count: header (80) ‖ count (4, little-endian, 1 or more) ‖ ids (32 each, in
 * stored order). One value has one encoding.
 */
export interface HeaderAnnouncement {
  /** The block header, 80 bytes. */
  readonly header: Uint8Array
  /** Transaction ids in block order, 32 bytes each, in stored order: not reversed for display. */
  readonly txids: readonly Uint8Array[]
}

/** Why a payload of `btc/header` was judged as it was. */
export type HeaderReason =
  | 'valid'
  | 'malformed'
  | 'duplicate-txid'
  | 'bad-target'
  | 'insufficient-work'
  | 'merkle-mismatch'

/** The easiest target that Bitcoin's testnet allows (Bitcoin Core, kernel/chainparams.cpp, CTestNetParams). */
const testnetPowLimit: bigint = (1n << 224n) - 1n

const countOffset = headerBytes
const listOffset = headerBytes + 4
const idBytes = 32

/** Encodes an announcement. Throws RangeError if the header is not 80 bytes or an id not 32, or there is no id. */
export function encodeHeader({ header, txids }: HeaderAnnouncement): Uint8Array {
  if (header.length !== headerBytes) throw new RangeError(`header: expected ${headerBytes} bytes, got ${header.length}`)
  if (txids.length === 0) throw new RangeError('txids: expected at least 1, got 0')
  if (txids.some((id) => id.length !== idBytes)) throw new RangeError(`txids: expected ${idBytes} bytes each`)
  const count = new Uint8Array(4)
  new DataView(count.buffer).setUint32(0, txids.length, true)
  return new Uint8Array(Buffer.concat([header, count, ...txids]))
}

/** Decodes a payload; undefined unless it is exactly one announcement of at most `payloadBytesMax`. Views, no copies. */
export function decodeHeader(payload: Uint8Array): HeaderAnnouncement | undefined {
  if (payload.length < listOffset + idBytes || payload.length > payloadBytesMax) return undefined
  const count = viewOf(payload).getUint32(countOffset, true)
  if (payload.length !== listOffset + count * idBytes) return undefined
  const txids = Array.from({ length: count }, (_, i) =>
    payload.subarray(listOffset + i * idBytes, listOffset + (i + 1) * idBytes),
  )
  return { header: payload.subarray(0, headerBytes), txids }
}

/**
 * The message id of an announcement: the double SHA-256 of the whole payload, in display order. Total.
 *
 * Not the block's hash, although that is the id everybody knows: the hash commits to the Merkle root only, and the
 * root does not say how many levels the tree has. A copy that lists inner hashes instead of transaction ids has the same
 * header and the same root (one such list for each level); under the block's hash it would take the place of the honest
 * announcement.
 */
export const headerId = (payload: Uint8Array): Uint8Array => displayOrder(doubleSha256(payload))

/** The hash of a block header (80 bytes) in display order: the id that block explorers print. */
export const blockHash = (header: Uint8Array): Uint8Array => displayOrder(doubleSha256(header))

/**
 * Judges a payload of `btc/header`: exact form, distinct ids, proof of work, Merkle root. Total; at most two hashes per id.
 *
 * Needs no chain and no clock, so it does not check the parent, the difficulty expected at this height, or the time.
 * Acceptance says that the ids are *a* level of the block's tree; that it is the lowest, `BlockAssembler` proves.
 */
export function judgeHeader(payload: Uint8Array, powLimit: bigint = testnetPowLimit): Judgement<HeaderReason> {
  const announcement = decodeHeader(payload)
  if (announcement === undefined) return reject('malformed')
  const { header, txids } = announcement
  const target = targetOf(viewOf(header).getUint32(72, true))
  if (target === undefined || target > powLimit) return reject('bad-target')
  if (BigInt('0x' + Buffer.from(blockHash(header)).toString('hex')) > target) return reject('insufficient-work')
  // CVE-2012-2459 needs a repeated id: equal inner hashes cannot come from distinct leaves.
  if (new Set(txids.map((id) => Buffer.from(id).toString('hex'))).size !== txids.length) return reject('duplicate-txid')
  if (!Buffer.from(merkleRoot(txids)).equals(header.subarray(36, 68))) return reject('merkle-mismatch')
  return { verdict: 'accept', reason: 'valid' }
}

/**
 * The target in compact form, as arith_uint256::SetCompact in Bitcoin Core; undefined if negative or zero. One of more than
 * 256 bits, which wraps there and needs a flag, is plainly over every limit here.
 */
function targetOf(bits: number): bigint | undefined {
  const size = bits >>> 24
  const mantissa = BigInt(bits & 0x007f_ffff)
  const target = size <= 3 ? mantissa >> BigInt(8 * (3 - size)) : mantissa << BigInt(8 * (size - 3))
  const isNegative = (bits & 0x0080_0000) !== 0
  return isNegative || target === 0n ? undefined : target
}

const viewOf = (bytes: Uint8Array): DataView => new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)

const reject = (reason: HeaderReason): Judgement<HeaderReason> => ({ verdict: 'reject', reason })
