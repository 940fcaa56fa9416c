import type { EnvelopeBody } from './envelope.ts'
import type { Message } from './event.ts'

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
  const { author, epoch, sequence, time, parents, messages } = body
  return {
    id: ids[index]!,
    topic,
    author,
    epoch,
    sequence: sequence + index,
    ...(seqno !== undefined && { seqno }),
    time,
    ...(parents.length > 0 && { parents }),
    payload: messages[index]!,
  }
}
