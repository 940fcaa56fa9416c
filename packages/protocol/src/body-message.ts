import type { BodyReference } from './body-reference.ts'
import type { EnvelopeBody } from './envelope.ts'
import type { Message } from './event.ts'

/** Largest fetched body that readers get as a payload, in bytes: what is larger they read from where it is kept. */
export const payloadSizeMax: number = 256 << 10

const nothing = new Uint8Array(0)

/** The payload of a message; of one that is fetched, where it is. */
export const payloadOf = (
  reference: BodyReference | undefined,
  payload: Uint8Array,
): Pick<Message, 'payload' | 'fetched'> =>
  reference === undefined ? { payload } : { payload: nothing, fetched: { size: reference.size, root: reference.root } }

/** A message with its fetched body, as readers get it. */
export const withBody = (message: Message, body: Uint8Array | undefined): Message =>
  body === undefined || body.length > payloadSizeMax ? message : { ...message, payload: body }

/** One message of an envelope as its readers get it; `seqno` where gossip signs. */
export function messageOf(
  body: EnvelopeBody,
  index: number,
  {
    topic,
    ids,
    seqno,
  }: { readonly topic: string; readonly ids: readonly Uint8Array[]; readonly seqno?: bigint | undefined },
): Message {
  const { author, epoch, sequence, time, parents, messages, reference } = body
  return {
    id: ids[index]!,
    topic,
    author,
    epoch,
    sequence: sequence + index,
    ...(seqno !== undefined && { seqno }),
    time,
    ...(parents.length > 0 && { parents }),
    ...payloadOf(reference, messages[index]!),
  }
}
