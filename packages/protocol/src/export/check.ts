import { messageOf } from '../body-message.ts'
import { decodeEnvelope, signedBytes } from '../envelope.ts'
import type { Message } from '../event.ts'
import { messageIds, type Sha256 } from '../id.ts'
import { peerIdFromKey } from '../peer-id.ts'
import { exportMessage, type ExportLine, type IsoTime } from './line.ts'

/** What checking an export needs. */
export interface ExportCheck {
  /** 32 bytes. */
  readonly networkId: Uint8Array
  readonly sha256: Sha256
  readonly iso: IsoTime
  /** Checks an Ed25519 signature. Absent: it is not checked. */
  readonly verify?: ((author: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => boolean) | undefined
  /** Whether ids come from content: then they are taken as they are. */
  readonly byContent: boolean
}

/**
 * What is wrong with a line of an enveloped topic, or undefined: its envelope does not decode, its author did not sign
 * it for this network and topic, or what it shows is not what the envelope says. Total.
 */
export function exportFault(line: ExportLine, wire: Uint8Array, check: ExportCheck): string | undefined {
  const decoded = decodeEnvelope(wire)
  if (!decoded.ok) return `its envelope is not one: ${decoded.detail}`
  const { body, bodyBytes, signature } = decoded.envelope
  const signed = signedBytes(check.networkId, line.topic, bodyBytes)
  if (check.verify?.(body.author, signed, signature) === false) return 'its signature is not that of its author'
  if (line.author !== peerIdFromKey(body.author)) return 'its author is not that of the envelope'
  if (line.epoch !== body.epoch || line.time !== check.iso(body.time)) return 'its epoch or time is not the envelope’s'
  const ids = messageIds(check.sha256, signed, body.messages.length)
  const messages = ids.map((_, index) => messageOf(body, index, { topic: line.topic, ids }))
  return shownFault(line.messages, messages, check.byContent)
}

/** What people read has to be what is signed. */
function shownFault(shown: unknown, messages: readonly Message[], byContent: boolean): string | undefined {
  if (!Array.isArray(shown) || shown.length === 0 || shown.length > messages.length) return 'it shows no messages'
  const bySequence = new Map(messages.map((message) => [message.sequence, message]))
  for (const found of shown as readonly Partial<ExportLine['messages'][number]>[]) {
    const message = bySequence.get(found?.seq ?? 0)
    if (message === undefined) return 'it shows a message that is not in the envelope'
    const { id, text, bodySize, parents = [] } = exportMessage(message)
    if (!byContent && found.id !== id) return 'an id is not that of its message'
    if (found.text !== text) return 'a text is not that of its message'
    if (found.bodySize !== bodySize) return 'a size is not that of its message'
    if (toText(found.parents ?? []) !== toText(parents)) return 'parents are not those of the message'
    bySequence.delete(message.sequence)
  }
  return undefined
}

const toText = (parents: unknown): string => (Array.isArray(parents) ? parents.join() : '?')
