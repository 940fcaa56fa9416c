import { payloadOf } from '../body-message.ts'
import { equalBytes } from '../bytes.ts'
import { decodeEnvelope, signedBytes } from '../envelope.ts'
import type { Message } from '../event.ts'
import { messageIds, type Sha256 } from '../id.ts'
import { contentIdsOf, keySize, type StoreRecord } from './record.ts'

/** What unpacking needs to know. */
export interface UnpackContext {
  readonly networkId: Uint8Array
  readonly sha256: Sha256
}

/**
 * The kept messages of a record, numbered from `arrival`. Ids are computed anew from the bytes and compared with the keys;
 * undefined where they do not fit, or the bytes do not decode: the record is damaged. Signatures are not checked.
 */
export function messagesOf(
  record: StoreRecord & { readonly arrival: number },
  { networkId, sha256 }: UnpackContext,
): readonly Message[] | undefined {
  const { topic, bytes, keys, from, epoch, sequence, time, author, arrival } = record
  const common = { topic, author, ...(from !== undefined && { from }), epoch, time, via: 'history' } as const
  const contentIds = contentIdsOf(record)
  if (author.length === 0) {
    const id = contentIds?.[0]
    return id && [{ ...common, id, sequence, payload: bytes, arrival }]
  }
  const decoded = decodeEnvelope(bytes)
  if (!decoded.ok) return undefined
  const { body, bodyBytes } = decoded.envelope
  const kept = record.kept ?? [...body.messages.keys()]
  if (keys.length !== kept.length * keySize) return undefined
  const ids =
    contentIds === undefined ? messageIds(sha256, signedBytes(networkId, topic, bodyBytes), body.messages.length) : []
  const messages: Message[] = []
  const parents = body.parents.length > 0 && { parents: body.parents }
  for (const [rank, index] of kept.entries()) {
    const messageId = contentIds === undefined ? ids[index] : contentIds[rank]
    const payload = body.messages[index]
    if (messageId === undefined || payload === undefined) return undefined
    const key = keys.subarray(rank * keySize, (rank + 1) * keySize)
    // Keys of content ids are hashes with the topic: the record's checksum has to do.
    if (contentIds === undefined && !equalBytes(messageId.subarray(0, keySize), key)) return undefined
    messages.push({
      ...common,
      ...parents,
      id: messageId,
      sequence: sequence + index,
      ...payloadOf(body.reference, payload),
      arrival: arrival + rank,
    })
  }
  return messages
}
