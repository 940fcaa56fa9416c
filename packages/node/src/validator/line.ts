import { fromHex, peerIdOfAuthor, toHex, type Judgement, type Message } from '@grapevine/protocol'
import { isoFromMicros, textOrBase64 } from '../control-view.ts'

/** Names of authors that wrote lately: base58 takes longer than all else in a line. */
const names = new Map<string, string>()
const namesMax = 1_024

/** A message as validators read it: one line of JSON, docs/validators.md. */
export function lineOf(message: Message, self: string): string {
  const { id, topic, author, from, epoch, sequence, seqno, time, payload, via, parents } = message
  return `${JSON.stringify({
    // Our own has no id before it is signed.
    id: toHex(id),
    topic,
    ...(author.length > 0 && { author: nameOf(author) }),
    from: from ?? self,
    epoch,
    seq: seqno === undefined ? sequence : String(seqno),
    time: isoFromMicros(time),
    size: payload.length,
    via: from === undefined ? 'own' : (via ?? 'live'),
    parents: parents?.map(toHex) ?? [],
    ...textOrBase64(payload),
  })}\n`
}

function nameOf(author: Uint8Array): string {
  const key = toHex(author)
  let name = names.get(key)
  if (name === undefined) {
    if (names.size >= namesMax) names.clear()
    names.set(key, (name = peerIdOfAuthor(author)))
  }
  return name
}

/** Longest line of an answer, in bytes. */
export const answerBytesMax = 65_536

const accepted: Judgement = { verdict: 'accept' }
const verdicts: readonly unknown[] = ['accept', 'ignore', 'reject', 'defer']
const usual = Buffer.from('{"verdict":"accept"}')

/** What a line of a validator says about the message with this id in hex, or what is wrong with it. */
export function answerOf(line: Buffer, id: string): Judgement | string {
  if (line.equals(usual)) return accepted
  let value: unknown
  try {
    value = JSON.parse(line.toString())
  } catch {
    return 'it is not JSON'
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return 'it is no JSON object'
  const { verdict, reason, ids, for: forMs, id: about } = value as Record<string, unknown>
  if (!verdicts.includes(verdict)) return 'it has no verdict of accept, ignore, reject, defer'
  if (about !== undefined && about !== id)
    return 'it is about another message: answers come in the order of the messages'
  if (reason !== undefined && reason !== null && typeof reason !== 'string') return 'its reason is no text'
  const waitFor = ids === undefined ? [] : idsOf(ids)
  if (waitFor === undefined) return 'its ids are no list of message ids in hex'
  if (forMs !== undefined && !(typeof forMs === 'number' && forMs >= 0)) return 'its time is no number of ms'
  return {
    verdict: verdict as Judgement['verdict'],
    ...(typeof reason === 'string' && { reason }),
    ...(waitFor.length > 0 && { waitFor }),
    ...(typeof forMs === 'number' && { forMs }),
  }
}

function idsOf(ids: unknown): Uint8Array[] | undefined {
  if (!Array.isArray(ids)) return undefined
  const found = ids.map((id: unknown) => (typeof id === 'string' ? fromHex(id.toLowerCase()) : undefined))
  return found.every((id) => id !== undefined && id.length >= 1 && id.length <= 32)
    ? (found as Uint8Array[])
    : undefined
}
