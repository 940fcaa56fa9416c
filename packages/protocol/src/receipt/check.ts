import { equalBytes, keyOf } from '../bytes.ts'
import { decodeReceiptAnswer, type ReceiptAnswer, type ReceiptRequest } from './frame.ts'
import { decodeReceipt, isSigned, type Receipt, type VerifySignature } from './receipt.ts'

/**
 * Why an answer was refused. All but `unknown-version` are lies or faults that the peer is answerable for; a signature for
 * another network or topic shows as `bad-signature`.
 */
export type ReceiptFault = 'bad-encoding' | 'unknown-version' | 'other-storer' | 'not-asked' | 'bad-signature'

/** What an answer came to: indexes of the asked messages that the peer has, and with a signed one the receipt. */
export type CheckedAnswer =
  | { readonly type: 'held'; readonly held: readonly number[]; readonly receipt?: Receipt; readonly bytes?: Uint8Array }
  | { readonly type: 'not-kept' | 'busy' }
  | { readonly type: 'refused'; readonly fault: ReceiptFault }

/** What an answer is checked against. */
export interface AnswerContext {
  readonly request: ReceiptRequest
  /** 32 bytes. */
  readonly networkId: Uint8Array
  /** The plain name. */
  readonly topic: string
  /** The public key of the peer that was asked, 32 bytes. */
  readonly peerKey: Uint8Array
  readonly verify: VerifySignature
}

/** Reads and checks a peer's answer. Never throws. Costs one signature check if it is signed. */
export function checkReceiptAnswer(bytes: Uint8Array, context: AnswerContext): CheckedAnswer {
  const answer: ReceiptAnswer | undefined = decodeReceiptAnswer(bytes, context.request)
  if (answer === undefined) return { type: 'refused', fault: 'bad-encoding' }
  if (answer.type !== 'signed') return answer
  const decoded = decodeReceipt(answer.receipt)
  if (!decoded.ok) return { type: 'refused', fault: decoded.reason }
  const { receipt } = decoded
  if (!equalBytes(receipt.body.storer, context.peerKey)) return { type: 'refused', fault: 'other-storer' }
  const named = new Set(receipt.body.ids.map(keyOf))
  const held = context.request.messages.flatMap(({ id }, index) => (named.delete(keyOf(id)) ? [index] : []))
  if (named.size > 0) return { type: 'refused', fault: 'not-asked' }
  if (!isSigned(receipt, context)) return { type: 'refused', fault: 'bad-signature' }
  return { type: 'held', held, receipt, bytes: answer.receipt }
}
