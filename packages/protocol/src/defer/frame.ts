import { concatBytes } from '../bytes.ts'
import { decodeUtf8, encodeUtf8 } from '../text.ts'

/** Ids in one request at most. */
export const wantIdsMax = 64

/** Bytes of a request at most, and of one envelope of an answer. */
export const wantFrameSizeMax = 65_536

/** Bytes of all envelopes of one answer: what is beyond them is asked for again. */
export const wantAnswerSizeMax: number = 1 << 20

/** A question for messages of a topic by their ids; docs/protocol.md. */
export interface WantRequest {
  readonly wireTopic: string
  /** 1 to 32 bytes each. */
  readonly ids: readonly Uint8Array[]
}

/** Topic and ids, each after one byte with its length. */
export function encodeWant({ wireTopic, ids }: WantRequest): Uint8Array {
  const parts = [encodeUtf8(wireTopic), ...ids].flatMap((part) => [Uint8Array.of(part.length), part])
  return concatBytes(...parts)
}

/** Total: undefined for what is no request. */
export function decodeWant(bytes: Uint8Array): WantRequest | undefined {
  const parts: Uint8Array[] = []
  for (let at = 0; at < bytes.length;) {
    const end = at + 1 + bytes[at]!
    if (end > bytes.length || end === at + 1 || parts.length > wantIdsMax) return undefined
    parts.push(bytes.slice(at + 1, end))
    at = end
  }
  const [topic, ...ids] = parts
  if (topic === undefined || ids.length === 0 || ids.some((id) => id.length > 32)) return undefined
  const wireTopic = decodeUtf8(topic)
  return wireTopic === undefined ? undefined : { wireTopic, ids }
}
