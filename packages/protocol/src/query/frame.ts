import { WireReader } from '../wire.ts'
import { Fields } from '../wire-fields.ts'
import { answersMax, answerSizeMax, queryFrameSizeMax, queryTimeoutMsMax } from './limits.ts'
import { queryIdSize } from './query.ts'

/** What a member says of a query, as it signs it. */
export interface Answer {
  /** Id of the query, 16 bytes. */
  readonly query: Uint8Array
  /** Ed25519 public key of who says it, 32 bytes. */
  readonly responder: Uint8Array
  /** 0: that the query came; from 1 on: one of its answers, at most 4. */
  readonly index: number
  /** Of index 0: how many answers are to come, 0 to 4. Else 0. */
  readonly answers: number
  /** At most 16,384 bytes; none with index 0. */
  readonly body: Uint8Array
  /** Whoever should have answered failed; the body says why. */
  readonly isFailed: boolean
}

/** A query on its way out. */
export interface AskFrame {
  readonly type: 'ask'
  /** The query's canonical bytes. */
  readonly query: Uint8Array
  readonly signature: Uint8Array
  /** Hops so far, without this one. */
  readonly hops: number
  /** For how long it is still worth passing on, in ms. */
  readonly leftMs: number
}

/** An answer on its way back. */
export interface ReturnFrame {
  readonly type: 'return'
  /** The answer's canonical bytes. */
  readonly answer: Uint8Array
  readonly signature: Uint8Array
  readonly hops: number
}

/** That the sender has a query, or an answer: it need not be sent again. */
export interface HaveFrame {
  readonly type: 'have'
  /** The first 16 bytes of SHA-256 of its canonical bytes. */
  readonly id: Uint8Array
}

/** What nodes say on protocol `/grapevine/query/1`. */
export type QueryFrame = AskFrame | ReturnFrame | HaveFrame

const anySize = { min: 1, max: queryFrameSizeMax }
const idRange = { min: queryIdSize, max: queryIdSize }
const keyRange = { min: 32, max: 32 }
const signatureRange = { min: 64, max: 64 }
const bodyRange = { min: 1, max: answerSizeMax }
const noBytes = new Uint8Array(0)

/** Hops that a frame can tell of. */
const hopsMax = 255

/** A frame in its one form (docs/protocol.md). The caller keeps to the bounds. */
export function encodeQueryFrame(frame: QueryFrame): Uint8Array {
  if (frame.type === 'have') return new Fields().bytes(3, frame.id).finish()
  if (frame.type === 'ask') {
    const { query, signature, hops, leftMs } = frame
    const ask = new Fields().bytes(1, query).bytes(2, signature).varint(3, hops).varint(4, leftMs)
    return new Fields().bytes(1, ask.finish()).finish()
  }
  const { answer, signature, hops } = frame
  const back = new Fields().bytes(1, answer).bytes(2, signature).varint(3, hops)
  return new Fields().bytes(2, back.finish()).finish()
}

/** Reads a frame of a peer. Never throws; undefined for all but canonical bytes. Does not look into query and answer. */
export function decodeQueryFrame(bytes: Uint8Array): QueryFrame | undefined {
  if (bytes.length > queryFrameSizeMax) return undefined
  const reader = new WireReader(bytes)
  const ask = reader.bytes(1, anySize)
  const back = reader.bytes(2, anySize)
  const have = reader.bytes(3, idRange)
  if (!reader.end() || [ask, back, have].filter((part) => part !== undefined).length !== 1) return undefined
  if (have !== undefined) return { type: 'have', id: have }
  return ask === undefined ? decodeReturn(new WireReader(back!)) : decodeAsk(new WireReader(ask))
}

function decodeAsk(reader: WireReader): QueryFrame | undefined {
  const query = reader.bytes(1, anySize)
  const signature = reader.bytes(2, signatureRange)
  const hops = reader.varint(3, hopsMax)
  const leftMs = reader.varint(4, queryTimeoutMsMax)
  if (!reader.end() || query === undefined || signature === undefined || leftMs === 0) return undefined
  return { type: 'ask', query, signature, hops, leftMs }
}

function decodeReturn(reader: WireReader): QueryFrame | undefined {
  const answer = reader.bytes(1, anySize)
  const signature = reader.bytes(2, signatureRange)
  const hops = reader.varint(3, hopsMax)
  if (!reader.end() || answer === undefined || signature === undefined) return undefined
  return { type: 'return', answer, signature, hops }
}

/** An answer in its one form. The caller keeps to the bounds. */
export function encodeAnswer({ query, responder, index, answers, body, isFailed }: Answer): Uint8Array {
  const fields = new Fields().bytes(1, query).bytes(2, responder).varint(3, index).varint(4, answers)
  return fields
    .optional(5, body)
    .varint(6, isFailed ? 1 : 0)
    .finish()
}

/** Reads an answer of a peer. Never throws; undefined for all but canonical bytes, of which its arrays are views. */
export function decodeAnswer(bytes: Uint8Array): Answer | undefined {
  const reader = new WireReader(bytes)
  const query = reader.bytes(1, idRange)
  const responder = reader.bytes(2, keyRange)
  const index = reader.varint(3, answersMax)
  const answers = reader.varint(4, answersMax)
  const body = reader.bytes(5, bodyRange) ?? noBytes
  const isFailed = reader.varint(6, 1) === 1
  if (!reader.end() || query === undefined || responder === undefined) return undefined
  const isSound = index === 0 ? body.length === 0 && !isFailed : answers === 0
  return isSound ? { query, responder, index, answers, body, isFailed } : undefined
}
