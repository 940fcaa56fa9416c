import type { MessageView, ValidatorQuestion } from '@grapevine/protocol/control'
import type { RelayMessage, RelayTopic } from './relay.ts'

/** The bytes of a message that came over the control API. */
const payloadOf = ({ text, base64 }: Pick<MessageView, 'text' | 'base64'>): Uint8Array =>
  text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text)

/** A message as a topic's functions get it. `body`: where it does not carry it. Throws what `decode` throws. */
export function messageOf(
  topic: RelayTopic<unknown>,
  view: MessageView | ValidatorQuestion,
  body?: Uint8Array,
): RelayMessage<unknown> {
  const { text, base64, ...rest } = view
  const payload = body ?? payloadOf({ ...(text !== undefined && { text }), ...(base64 !== undefined && { base64 }) })
  return { ...rest, payload, value: topic.decode === undefined ? payload : topic.decode(payload) }
}
