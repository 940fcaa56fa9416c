import { type BodyReference, bodyReferenceSizeMax, decodeBodyReference, encodeBodyReference } from './body-reference.ts'
import { boundBytes } from './bound-bytes.ts'
import { equalBytes } from './bytes.ts'
import { argumentError, ProtocolError } from './error.ts'
import { encodeUtf8 } from './text.ts'
import { bytesFieldSize, type LengthRange, varintFieldSize, varintSize, WireReader, WireWriter } from './wire.ts'

/** What an author signs: one or more messages for one topic. envelope.proto has the wire form. */
export interface EnvelopeBody {
  /** Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array
  /** One life of the author's node: ms since 1970 or more, 1 to 2^53 − 1, larger in each life. */
  readonly epoch: number
  /** Sequence of the first message; the others follow without a gap, and the last is at most 2^53 − 1. From 1. */
  readonly sequence: number
  /** The author's wall clock, µs since 1970, 1 to 2^53 − 1. */
  readonly time: number
  /** Id of the schema that the messages follow, 1 to 32 bytes. */
  readonly schema?: Uint8Array | undefined
  /** Message ids that these messages refer to, 32 bytes each, at most `envelopeParentsMax`. */
  readonly parents: readonly Uint8Array[]
  /** Payloads, 1 to `envelopeMessagesMax`, each possibly empty. Beside a reference: that alone, encoded. */
  readonly messages: readonly Uint8Array[]
  /** Stands for the payload of the only message, which is fetched. */
  readonly reference?: BodyReference | undefined
}

/** A body in its exact bytes with the author's signature over `signedBytes`. */
export interface Envelope {
  readonly body: EnvelopeBody
  /** The body as it came: what was signed. */
  readonly bodyBytes: Uint8Array
  /** Ed25519, 64 bytes. Not checked by the decoder. */
  readonly signature: Uint8Array
}

/**
 * Outcome of decoding. `unknown-version` is nobody's fault (ignore); the others are the sender's (reject).
 * `detail` is for people: field and fault, never bytes of the peer.
 */
export type DecodedEnvelope =
  | { readonly ok: true; readonly envelope: Envelope }
  | {
      readonly ok: false
      readonly reason: 'bad-encoding' | 'unknown-version' | 'oversize'
      readonly detail: string
    }

/** The only version of this wire format. */
export const envelopeVersion = 1

/**
 * Largest envelope, in bytes: rust-libp2p takes RPCs of at most 64 KiB, and the RPC adds the topic and its own
 * fields; 60,000 leaves 5,536 for those.
 */
export const envelopeSizeMax = 60_000

/** Most messages in an envelope: bounds what one signature check can set in motion. A guess. */
export const envelopeMessagesMax = 1024

/** Most parents in an envelope. A guess: enough for the heads of a busy topic. */
export const envelopeParentsMax = 64

const keySize = 32
const idSize = 32
const schemaSizeMax = 32
const signatureSize = 64
const versionMax = 0xffff_ffff
const bodyOffset = varintFieldSize(envelopeVersion)
const signatureFieldSize = bytesFieldSize(signatureSize)

/** Largest encoded body, in bytes. The length of such a body takes 3 bytes, as that of any from 16,384 on. */
export const bodySizeMax: number = envelopeSizeMax - bodyOffset - signatureFieldSize - (1 + varintSize(envelopeSizeMax))

/**
 * Largest body of several messages, in bytes. Smaller than it must be, because batches come one after the other: rust-libp2p
 * 0.57 ends the stream when an RPC and what it has read of the next ones, up to 8,191 bytes, exceed 65,536 together.
 */
export const batchBodySizeMax = 56_000

const headerSizeMax =
  bytesFieldSize(keySize) + 3 * varintFieldSize(Number.MAX_SAFE_INTEGER) + bytesFieldSize(schemaSizeMax)

/**
 * Largest payload, in bytes, that fits into an envelope of its own whatever the epoch, sequence, time and schema are,
 * without parents (each takes 34 bytes more). With short fields a few bytes more can fit: `envelopeSize` tells.
 */
export const messageSizeMax: number = bodySizeMax - headerSizeMax - (1 + varintSize(envelopeSizeMax))

const domain = encodeUtf8('grapevine-envelope/1')

const keyRange: LengthRange = { min: keySize, max: keySize }
const idRange: LengthRange = { min: idSize, max: idSize }
const schemaRange: LengthRange = { min: 1, max: schemaSizeMax }
const messageRange: LengthRange = { min: 0, max: envelopeSizeMax }
const bodyRange: LengthRange = { min: 1, max: envelopeSizeMax }
const signatureRange: LengthRange = { min: signatureSize, max: signatureSize }
const referenceRange: LengthRange = { min: 1, max: bodyReferenceSizeMax }

const bodyFields = [
  'trailing bytes',
  'author',
  'epoch',
  'sequence',
  'time',
  'schema',
  'parents',
  'messages',
  'reference',
] as const
const envelopeFields = ['trailing bytes', 'version', 'body', 'signature'] as const

/** Everything in a body but its messages. */
export type EnvelopeHeader = Omit<EnvelopeBody, 'messages' | 'reference'>

/** Bytes that a body takes before its first message. */
export function headerSize(header: EnvelopeHeader): number {
  const { schema, parents } = header
  return (
    bytesFieldSize(header.author.length) +
    varintFieldSize(header.epoch) +
    varintFieldSize(header.sequence) +
    varintFieldSize(header.time) +
    (schema === undefined ? 0 : bytesFieldSize(schema.length)) +
    parents.length * bytesFieldSize(idSize)
  )
}

/**
 * Bytes that a message of `length` bytes adds to a body. A batch fits while the sum of `headerSize` and these is at
 * most `bodySizeMax`, and their number at most `envelopeMessagesMax`.
 */
export function messageFieldSize(length: number): number {
  return bytesFieldSize(length)
}

/** Bytes of the whole envelope for a header and payload lengths, without encoding it. */
export function envelopeSize(header: EnvelopeHeader, payloadLengths: Iterable<number>): number {
  let size = headerSize(header)
  for (const length of payloadLengths) size += messageFieldSize(length)
  return bodyOffset + bytesFieldSize(size) + signatureFieldSize
}

/**
 * The body's canonical bytes, in a fresh array. Throws `argument` if a field is out of its range, and
 * `envelope-oversize` if the envelope around it would be over `envelopeSizeMax`.
 */
export function encodeBody(body: EnvelopeBody): Uint8Array {
  checkBody(body)
  let size = headerSize(body)
  for (const message of body.messages) size += messageFieldSize(message.length)
  checkBodySize(size)
  const writer = new WireWriter(size)
  writer.bytes(1, body.author)
  writer.varint(2, body.epoch)
  writer.varint(3, body.sequence)
  writer.varint(4, body.time)
  if (body.schema !== undefined) writer.bytes(5, body.schema)
  for (const parent of body.parents) writer.bytes(6, parent)
  for (const message of body.messages) writer.bytes(body.reference === undefined ? 7 : 8, message)
  return writer.finish()
}

/**
 * The envelope's bytes around an encoded body and its signature, in a fresh array. Throws `argument` if the body is
 * empty or the signature is not 64 bytes, and `envelope-oversize`. Does not look into the body.
 */
export function encodeEnvelope(bodyBytes: Uint8Array, signature: Uint8Array): Uint8Array {
  if (bodyBytes.length === 0) throw argumentError('bodyBytes', 'an encoded body', '0 bytes')
  if (signature.length !== signatureSize) throw argumentError('signature', '64 bytes', `${signature.length} bytes`)
  checkBodySize(bodyBytes.length)
  const writer = new WireWriter(bodyOffset + bytesFieldSize(bodyBytes.length) + signatureFieldSize)
  writer.varint(1, envelopeVersion)
  writer.bytes(2, bodyBytes)
  writer.bytes(3, signature)
  return writer.finish()
}

/**
 * Reads an envelope from a peer. Never throws. Accepts exactly the canonical bytes: what it accepts encodes to the
 * same bytes again. The version is judged first, by its own field alone, so that a later version may change all else,
 * the size too. Work and memory are linear in the input. Every array in the result is a view: it keeps the whole input
 * alive, and the input must not be changed afterwards. Checks no signature.
 */
export function decodeEnvelope(bytes: Uint8Array): DecodedEnvelope {
  const reader = new WireReader(bytes)
  const version = reader.varint(1, versionMax)
  if (reader.error !== undefined) return badEncoding(reader, envelopeFields)
  if (version === 0) return { ok: false, reason: 'bad-encoding', detail: 'version: missing' }
  if (version !== envelopeVersion) return { ok: false, reason: 'unknown-version', detail: `version ${version}` }
  if (bytes.length > envelopeSizeMax) {
    return {
      ok: false,
      reason: 'oversize',
      detail: `${bytes.length} bytes, at most ${envelopeSizeMax}`,
    }
  }
  const bodyBytes = reader.bytes(2, bodyRange)
  const signature = reader.bytes(3, signatureRange)
  if (!reader.end()) return badEncoding(reader, envelopeFields)
  if (bodyBytes === undefined) return { ok: false, reason: 'bad-encoding', detail: 'body: missing' }
  if (signature === undefined) return { ok: false, reason: 'bad-encoding', detail: 'signature: missing' }
  return decodeBody(bodyBytes, signature)
}

/**
 * The bytes that an author signs: domain string, network id (32 bytes), topic in UTF-8 and encoded body, each after
 * its length as a varint, in the manner of libp2p's signed envelopes (RFC 0002), so that a signature holds for one
 * network, one topic and this purpose only. `topic` is the plain name, not the wire topic. Throws `argument` for a
 * network id of another length and `not-unicode` for a topic with a lone surrogate.
 */
export function signedBytes(networkId: Uint8Array, topic: string, bodyBytes: Uint8Array): Uint8Array {
  return boundBytes(domain, { networkId, topic, bytes: bodyBytes })
}

function decodeBody(bodyBytes: Uint8Array, signature: Uint8Array): DecodedEnvelope {
  const reader = new WireReader(bodyBytes)
  const author = reader.bytes(1, keyRange)
  const epoch = reader.varint(2)
  const sequence = reader.varint(3)
  const time = reader.varint(4)
  const schema = reader.bytes(5, schemaRange)
  const parents = reader.repeated(6, idRange, envelopeParentsMax)
  const payloads = reader.repeated(7, messageRange, envelopeMessagesMax)
  const referenceBytes = reader.bytes(8, referenceRange)
  if (!reader.end()) return badEncoding(reader, bodyFields)
  const reference = referenceBytes && decodeBodyReference(referenceBytes)
  if (referenceBytes !== undefined && (reference === undefined || payloads.length > 0)) {
    const fault = reference === undefined ? 'not canonical' : 'beside messages'
    return { ok: false, reason: 'bad-encoding', detail: `reference: ${fault}` }
  }
  const messages = referenceBytes === undefined ? payloads : [referenceBytes]
  if (author === undefined || epoch === 0 || sequence === 0 || time === 0 || messages.length === 0) {
    const missing = author === undefined ? 1 : epoch === 0 ? 2 : sequence === 0 ? 3 : time === 0 ? 4 : 7
    return { ok: false, reason: 'bad-encoding', detail: `${bodyFields[missing]}: missing` }
  }
  if (sequence > Number.MAX_SAFE_INTEGER - (messages.length - 1)) {
    return { ok: false, reason: 'bad-encoding', detail: 'sequence: varint-too-large' }
  }
  const body: EnvelopeBody = {
    author,
    epoch,
    sequence,
    time,
    schema,
    parents,
    messages,
    ...(reference && { reference }),
  }
  return { ok: true, envelope: { body, bodyBytes, signature } }
}

function badEncoding(reader: WireReader, fields: readonly string[]): DecodedEnvelope {
  return {
    ok: false,
    reason: 'bad-encoding',
    detail: `${fields[reader.errorField]}: ${reader.error}`,
  }
}

function checkBody(body: EnvelopeBody): void {
  const { author, schema, parents, messages } = body
  if (author.length !== keySize) throw argumentError('author', '32 bytes', `${author.length} bytes`)
  checkInteger('epoch', body.epoch, Number.MAX_SAFE_INTEGER)
  checkInteger('time', body.time, Number.MAX_SAFE_INTEGER)
  if (schema !== undefined && (schema.length === 0 || schema.length > schemaSizeMax)) {
    throw argumentError('schema', '1 to 32 bytes, or undefined', `${schema.length} bytes`)
  }
  if (parents.length > envelopeParentsMax)
    throw argumentError('parents', `at most ${envelopeParentsMax}`, parents.length)
  for (const parent of parents) {
    if (parent.length !== idSize) throw argumentError('parents', '32 bytes each', `${parent.length} bytes`)
  }
  if (messages.length === 0 || messages.length > envelopeMessagesMax) {
    throw argumentError('messages', `1 to ${envelopeMessagesMax}`, messages.length)
  }
  checkInteger('sequence', body.sequence, Number.MAX_SAFE_INTEGER - (messages.length - 1))
  const { reference } = body
  if (reference === undefined) return
  const bytes = encodeBodyReference(reference)
  if (decodeBodyReference(bytes) === undefined) throw argumentError('reference', 'an id, a size and a root', 'another')
  if (messages.length > 1 || !equalBytes(messages[0]!, bytes))
    throw argumentError('messages', 'the encoded reference alone', messages.length)
}

function checkInteger(name: string, value: number, max: number): void {
  if (!Number.isSafeInteger(value) || value < 1 || value > max) {
    throw argumentError(name, `an integer of 1 to ${max}`, value)
  }
}

function checkBodySize(size: number): void {
  if (size <= bodySizeMax) return
  const envelope = bodyOffset + bytesFieldSize(size) + signatureFieldSize
  throw new ProtocolError('envelope-oversize', `envelope of ${envelope} bytes, at most ${envelopeSizeMax}`, {
    size: envelope,
    max: envelopeSizeMax,
  })
}
