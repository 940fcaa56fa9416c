import { isUtf8 } from 'node:buffer'
import {
  payloadSizeMax,
  peerIdOfAuthor,
  toHex,
  type BodyProgress,
  type JournalRecord,
  type MessageView,
  type WhyView,
} from '@grapevine/protocol'
import type { ReadMessage } from './history/subscriptions.ts'

const decoder = new TextDecoder('utf-8', { ignoreBOM: true })

/** A delivered message as readers see it. `self` stands in for the deliverer of our own. */
export function viewMessage(message: ReadMessage, self: string): MessageView {
  const { payload, fetched } = message
  const size = fetched?.size ?? payload.length
  return {
    id: toHex(message.id),
    topic: message.topic,
    ...(message.author.length > 0 && { author: peerIdOfAuthor(message.author) }),
    from: message.from ?? self,
    epoch: message.epoch,
    seq: message.seqno === undefined ? message.sequence : String(message.seqno),
    time: isoFromMicros(message.time),
    size,
    via: message.via ?? 'live',
    ...(message.parents && { parents: message.parents.map(toHex) }),
    ...(message.arrival !== undefined && { arrival: message.arrival }),
    ...(message.redelivered && { redelivered: true }),
    ...(message.late && { late: true }),
    ...(size > payloadSizeMax || size > payload.length ? { bodySize: size } : textOrBase64(payload)),
  }
}

/** A payload as JSON can hold it. */
export function textOrBase64(payload: Uint8Array): { text: string } | { base64: string } {
  // A decoder that throws takes 20 times as long, most of it for the stack of its error.
  if (isUtf8(payload)) return { text: decoder.decode(payload) }
  return { base64: Buffer.from(payload.buffer, payload.byteOffset, payload.byteLength).toString('base64') }
}

/** How far the body is that a message waits for. */
export function viewProgress(progress: BodyProgress | undefined): Pick<WhyView, 'body'> {
  if (progress === undefined) return {}
  const { peers: from, ...body } = progress
  return { body: { ...body, from } }
}

/** A journal record with names and wall-clock times. `origin`: the wall clock, in ms, where those of the record begin. */
export function viewRecord(
  id: string,
  record: JournalRecord,
  self: string,
  origin: number = performance.timeOrigin,
): WhyView {
  return {
    id,
    topic: record.topic,
    gossipId: record.gossipId,
    self,
    ...(record.author && { author: peerIdOfAuthor(record.author) }),
    ...(record.epoch !== undefined && { epoch: record.epoch }),
    ...seqOf(record),
    ...(record.time !== undefined && { time: isoFromMicros(record.time) }),
    steps: record.steps.map((step) => ({ ...step, at: new Date(origin + step.at).toISOString() })),
    stepsDropped: record.stepsDropped,
    copies: record.copies,
  }
}

function seqOf({ seqno, sequence }: JournalRecord): Pick<WhyView, 'seq'> {
  if (seqno !== undefined) return { seq: String(seqno) }
  return sequence === undefined ? {} : { seq: sequence }
}

/** Author times come from peers: beyond what a Date holds they are shown as the last representable instant. */
export function isoFromMicros(micros: number): string {
  return new Date(Math.min(micros / 1000, 8.64e15)).toISOString()
}
