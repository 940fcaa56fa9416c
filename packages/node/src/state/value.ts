import { NodeError } from '../error.ts'

/** A text as its UTF-8. Error `usage` for a lone surrogate. */
export function bytesOf(value: string | Uint8Array): Uint8Array {
  if (typeof value !== 'string') return value
  if (!value.isWellFormed()) throw new NodeError('usage', 'the text has a lone surrogate', 'give bytes')
  return Buffer.from(value)
}
