import { base58 } from '@scure/base'
import { concatBytes } from './bytes.ts'
import { argumentError } from './error.ts'

/**
 * What stands before the key: identity multihash (0x00) of 36 bytes, a protobuf of key type Ed25519 (1) and 32 bytes
 * of data. https://github.com/libp2p/specs/blob/master/peer-ids/peer-ids.md
 */
const keyPrefix = Uint8Array.of(0x00, 0x24, 0x08, 0x01, 0x12, 0x20)

/** All peer ids of Ed25519 keys have this length, because the prefix fixes the leading digits. */
const peerIdLength = 52

/** libp2p peer id (`12D3Koo…`, base58btc) of an Ed25519 public key. Throws `argument` if the key is not 32 bytes. */
export function peerIdFromKey(publicKey: Uint8Array): string {
  if (publicKey.length !== 32) throw argumentError('publicKey', '32 bytes', `${publicKey.length} bytes`)
  return base58.encode(concatBytes(keyPrefix, publicKey))
}

/**
 * Ed25519 public key, 32 bytes, of a libp2p peer id; undefined for everything else: another key type, a CID, spaces.
 * Does not check that the key is a point of the curve.
 */
export function keyFromPeerId(peerId: string): Uint8Array | undefined {
  if (peerId.length !== peerIdLength || !/^[1-9A-HJ-NP-Za-km-z]+$/.test(peerId)) return undefined
  const bytes = base58.decode(peerId)
  return hasForm(bytes, keyPrefix, 32) ? bytes.slice(keyPrefix.length) : undefined
}

/** A peer id as people see it: `…` and its last 6 characters, about 35 bits. */
export function shortPeer(peerId: string): string {
  return `…${peerId.slice(-6)}`
}

const hasForm = (bytes: Uint8Array, prefix: Uint8Array, rest: number): boolean =>
  bytes.length === prefix.length + rest && prefix.every((byte, at) => bytes[at] === byte)

/** The author whose peer id has these bytes (a multihash), as a message names it: the key if it is Ed25519, else the bytes. */
export const authorFromMultihash = (bytes: Uint8Array): Uint8Array =>
  hasForm(bytes, keyPrefix, 32) ? bytes.slice(keyPrefix.length) : bytes.slice()

/** The peer id of an author as a message names it: an Ed25519 key of 32 bytes, or the bytes of a peer id. */
export const peerIdOfAuthor = (author: Uint8Array): string =>
  author.length === 32 ? peerIdFromKey(author) : base58.encode(author)
