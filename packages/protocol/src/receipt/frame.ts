import { argumentError } from '../error.ts'
import { decodeUtf8, encodeUtf8 } from '../text.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'
import { receiptIdsMax, receiptSizeMax } from './receipt.ts'

/** A message as a question names it. */
export interface AskedMessage {
  /** Author time, µs; 0 on a topic whose ids come from content: by (time, id) a store finds it without a search. */
  readonly time: number
  /** 1 to 32 bytes. */
  readonly id: Uint8Array
}

/** Asks a peer which of these messages it has on disk. */
export interface ReceiptRequest {
  /** 1 to 256 bytes of UTF-8. */
  readonly wireTopic: string
  /** Whether the answer is to be signed. */
  readonly signed: boolean
  /** 1 to `receiptIdsMax`. */
  readonly messages: readonly AskedMessage[]
}

/**
 * The answer. `held` are indexes into what was asked, ascending; what is signed comes as a receipt, which names its
 * messages itself. `not-kept`: the peer does not hold the topic, or keeps nothing of it; `busy`: ask again later.
 */
export type ReceiptAnswer =
  | { readonly type: 'held'; readonly held: readonly number[] }
  | { readonly type: 'signed'; readonly receipt: Uint8Array }
  | { readonly type: 'not-kept' | 'busy' }

const topicRange = { min: 1, max: 256 }
const idRange = { min: 1, max: 32 }
const messageSizeMax = varintFieldSize(Number.MAX_SAFE_INTEGER) + bytesFieldSize(32)
const messageRange = { min: bytesFieldSize(1), max: messageSizeMax }
const codes = ['held', 'not-kept', 'busy'] as const

/** Bytes of a question or an answer at most, without the length that the stream puts before it: the largest has 23,301. */
export const receiptFrameSizeMax = 24_576

/** A question in its one form. Throws `argument` for a topic or a number of messages out of range. */
export function encodeReceiptRequest({ wireTopic, signed, messages }: ReceiptRequest): Uint8Array {
  const topic = encodeUtf8(wireTopic)
  if (topic.length < 1 || topic.length > 256) throw argumentError('wireTopic', '1 to 256 bytes', topic.length)
  if (messages.length < 1 || messages.length > receiptIdsMax)
    throw argumentError('messages', `1 to ${receiptIdsMax}`, messages.length)
  const sizeOf = ({ time, id }: AskedMessage): number => varintFieldSize(time) + bytesFieldSize(id.length)
  const size = messages.reduce((sum, message) => sum + bytesFieldSize(sizeOf(message)), 0)
  const writer = new WireWriter(bytesFieldSize(topic.length) + varintFieldSize(Number(signed)) + size)
  writer.bytes(1, topic)
  writer.varint(2, Number(signed))
  for (const message of messages) {
    const inner = new WireWriter(sizeOf(message))
    inner.varint(1, message.time)
    inner.bytes(2, message.id)
    writer.bytes(3, inner.finish())
  }
  return writer.finish()
}

/** Reads a question from a peer. Never throws; undefined for all but the canonical bytes. Ids are views of the input. */
export function decodeReceiptRequest(bytes: Uint8Array): ReceiptRequest | undefined {
  const reader = new WireReader(bytes)
  const wireTopic = decodeUtf8(reader.bytes(1, topicRange) ?? new Uint8Array(0))
  const signed = reader.varint(2, 1) === 1
  const asked = reader.repeated(3, messageRange, receiptIdsMax)
  if (!reader.end() || wireTopic === undefined || wireTopic === '' || asked.length === 0) return undefined
  const messages: AskedMessage[] = []
  for (const part of asked) {
    const message = new WireReader(part)
    const time = message.varint(1)
    const id = message.bytes(2, idRange)
    if (!message.end() || id === undefined) return undefined
    messages.push({ time, id })
  }
  return { wireTopic, signed, messages }
}

/** An answer in its one form. `asked`: how many messages the question named. */
export function encodeReceiptAnswer(answer: ReceiptAnswer, asked: number): Uint8Array {
  if (answer.type === 'signed') {
    const writer = new WireWriter(bytesFieldSize(answer.receipt.length))
    writer.bytes(3, answer.receipt)
    return writer.finish()
  }
  const bitmap = new Uint8Array(answer.type === 'held' && answer.held.length > 0 ? Math.ceil(asked / 8) : 0)
  if (answer.type === 'held') for (const index of answer.held) bitmap[index >> 3]! |= 1 << (index & 7)
  const code = codes.indexOf(answer.type)
  const bitmapSize = bitmap.length === 0 ? 0 : bytesFieldSize(bitmap.length)
  const writer = new WireWriter(varintFieldSize(code) + bitmapSize)
  writer.varint(1, code)
  if (bitmap.length > 0) writer.bytes(2, bitmap)
  return writer.finish()
}

/** Reads the answer to a question. Never throws; undefined for what is no answer to it. Says nothing of signatures. */
export function decodeReceiptAnswer(
  bytes: Uint8Array,
  { signed, messages }: Pick<ReceiptRequest, 'signed' | 'messages'>,
): ReceiptAnswer | undefined {
  const size = Math.ceil(messages.length / 8)
  const reader = new WireReader(bytes)
  const type = codes[reader.varint(1, codes.length - 1)]!
  const bitmap = reader.bytes(2, { min: size, max: size })
  const receipt = reader.bytes(3, { min: 1, max: receiptSizeMax })
  if (!reader.end()) return undefined
  if (type !== 'held') return bitmap === undefined && receipt === undefined ? { type } : undefined
  if (receipt !== undefined) return signed && bitmap === undefined ? { type: 'signed', receipt } : undefined
  if (bitmap === undefined) return { type, held: [] }
  const held = messages.flatMap((_, index) => ((bitmap[index >> 3]! >> (index & 7)) & 1 ? [index] : []))
  // Neither an empty map nor one with bits beyond the end is what we would have written.
  const bits = bitmap.reduce((sum, byte) => sum + byte.toString(2).replaceAll('0', '').length, 0)
  return !signed && held.length > 0 && bits === held.length ? { type, held } : undefined
}
