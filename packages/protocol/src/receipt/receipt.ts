import { boundBytes } from '../bound-bytes.ts'
import { compareBytes } from '../bytes.ts'
import { argumentError } from '../error.ts'
import { encodeUtf8 } from '../text.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'

/** What a storer signs: that these messages were on its disk. docs/protocol.md, "Receipts". */
export interface ReceiptBody {
  /** Who stores: Ed25519 public key, 32 bytes. */
  readonly storer: Uint8Array
  /** The storer's wall clock when it read them back from its disk, µs since 1970, 1 to 2^53 − 1. */
  readonly storedAt: number
  /** Until when it means to keep them by its rule of age, µs since 1970; absent: it names no time. */
  readonly keepUntil?: number | undefined
  /** Message ids of 1 to 32 bytes, ascending, none twice; 1 to `receiptIdsMax`. */
  readonly ids: readonly Uint8Array[]
}

/** A body in its exact bytes with the storer's signature over {@link receiptSignedBytes}. */
export interface Receipt {
  readonly body: ReceiptBody
  /** As it came: what was signed. */
  readonly bodyBytes: Uint8Array
  /** Ed25519, 64 bytes. Not checked by the decoder. */
  readonly signature: Uint8Array
}

/** Outcome of decoding. `detail` is for people: field and fault, never bytes of the peer. */
export type DecodedReceipt =
  | { readonly ok: true; readonly receipt: Receipt }
  | { readonly ok: false; readonly reason: 'bad-encoding' | 'unknown-version'; readonly detail: string }

/** Checks an Ed25519 signature: a host passes its own. */
export type VerifySignature = (message: Uint8Array, signature: Uint8Array, publicKey: Uint8Array) => boolean

/** The only version of receipts. */
export const receiptVersion = 1

/** Messages under one signature at most: what an asker may want at once, and what one export carries. A guess. */
export const receiptIdsMax = 512

const idRange = { min: 1, max: 32 }
const keyRange = { min: 32, max: 32 }
const signatureRange = { min: 64, max: 64 }
const bodySizeMax =
  bytesFieldSize(32) + 2 * varintFieldSize(Number.MAX_SAFE_INTEGER) + receiptIdsMax * bytesFieldSize(32)
const bodyRange = { min: 1, max: bodySizeMax }

/** Bytes of a receipt at most. */
export const receiptSizeMax: number = varintFieldSize(receiptVersion) + bytesFieldSize(bodySizeMax) + bytesFieldSize(64)

const domain = encodeUtf8('grapevine-receipt/1')
const bodyFields = ['trailing bytes', 'storer', 'storedAt', 'keepUntil', 'ids'] as const
const receiptFields = ['trailing bytes', 'version', 'body', 'signature'] as const

/** The body's canonical bytes. Throws `argument` if a field is out of its range. */
export function encodeReceiptBody(body: ReceiptBody): Uint8Array {
  const { storer, storedAt, keepUntil = 0, ids } = body
  if (storer.length !== 32) throw argumentError('storer', '32 bytes', `${storer.length} bytes`)
  if (!Number.isSafeInteger(storedAt) || storedAt < 1) throw argumentError('storedAt', 'an integer above 0', storedAt)
  if (!Number.isSafeInteger(keepUntil) || keepUntil < 0) throw argumentError('keepUntil', 'an integer', keepUntil)
  if (ids.length === 0 || ids.length > receiptIdsMax) throw argumentError('ids', `1 to ${receiptIdsMax}`, ids.length)
  if (ids.some(({ length }) => length < 1 || length > 32)) throw argumentError('ids', '1 to 32 bytes each', 'another')
  if (!isAscending(ids)) throw argumentError('ids', 'ascending, none twice', 'another order')
  let size = bytesFieldSize(32) + varintFieldSize(storedAt) + varintFieldSize(keepUntil)
  for (const id of ids) size += bytesFieldSize(id.length)
  const writer = new WireWriter(size)
  writer.bytes(1, storer)
  writer.varint(2, storedAt)
  writer.varint(3, keepUntil)
  for (const id of ids) writer.bytes(4, id)
  return writer.finish()
}

/** The bytes that a storer signs: as for envelopes, with the domain `grapevine-receipt/1`. `topic` is the plain name. */
export function receiptSignedBytes(networkId: Uint8Array, topic: string, bodyBytes: Uint8Array): Uint8Array {
  return boundBytes(domain, { networkId, topic, bytes: bodyBytes })
}

/** The receipt's bytes around an encoded body and its signature. Throws `argument` for a signature of another length. */
export function encodeReceipt(bodyBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  if (signature.length !== 64) throw argumentError('signature', '64 bytes', `${signature.length} bytes`)
  const writer = new WireWriter(varintFieldSize(receiptVersion) + bytesFieldSize(bodyBytes.length) + bytesFieldSize(64))
  writer.varint(1, receiptVersion)
  writer.bytes(2, bodyBytes)
  writer.bytes(3, signature)
  return writer.finish()
}

/**
 * Reads a receipt from a peer or a file. Never throws. Accepts exactly the canonical bytes, the version first. Work and
 * memory are linear in the input; arrays in the result are views of it. Checks no signature.
 */
export function decodeReceipt(bytes: Uint8Array): DecodedReceipt {
  const reader = new WireReader(bytes)
  const version = reader.varint(1, 0xffff_ffff)
  if (reader.error !== undefined) return bad(`version: ${reader.error}`)
  if (version === 0) return bad('version: missing')
  if (version !== receiptVersion) return { ok: false, reason: 'unknown-version', detail: `version ${version}` }
  const bodyBytes = reader.bytes(2, bodyRange)
  const signature = reader.bytes(3, signatureRange)
  if (!reader.end()) return bad(`${receiptFields[reader.errorField]}: ${reader.error}`)
  if (bodyBytes === undefined) return bad('body: missing')
  if (signature === undefined) return bad('signature: missing')
  const body = new WireReader(bodyBytes)
  const storer = body.bytes(1, keyRange)
  const storedAt = body.varint(2)
  const keepUntil = body.varint(3)
  const ids = body.repeated(4, idRange, receiptIdsMax)
  if (!body.end()) return bad(`${bodyFields[body.errorField]}: ${body.error}`)
  if (storer === undefined || storedAt === 0 || ids.length === 0) {
    return bad(`${storer === undefined ? 'storer' : storedAt === 0 ? 'storedAt' : 'ids'}: missing`)
  }
  if (!isAscending(ids)) return bad('ids: not ascending')
  const said = { storer, storedAt, ...(keepUntil > 0 && { keepUntil }), ids }
  return { ok: true, receipt: { body: said, bodyBytes, signature } }
}

/** Whether the storer that a receipt names has signed it for this network and topic (the plain name). */
export function isSigned(
  { body, bodyBytes, signature }: Receipt,
  { networkId, topic, verify }: { networkId: Uint8Array; topic: string; verify: VerifySignature },
): boolean {
  return verify(receiptSignedBytes(networkId, topic, bodyBytes), signature, body.storer)
}

const bad = (detail: string): DecodedReceipt => ({ ok: false, reason: 'bad-encoding', detail })

const isAscending = (ids: readonly Uint8Array[]): boolean =>
  ids.every((id, index) => index === 0 || compareBytes(ids[index - 1]!, id) < 0)
