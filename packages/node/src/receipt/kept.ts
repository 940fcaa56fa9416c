import {
  decodeReceipt,
  fileReceipts,
  isSigned,
  peerIdFromKey,
  toHex,
  type Receipt,
  type ReceiptFile,
  type ReceiptsView,
  type ReceiptView,
} from '@grapevine/protocol'
import { isoFromMicros } from '../control-view.ts'
import { verify } from '../crypto.ts'
import { NodeError } from '../error.ts'
import type { Store } from '../store/store.ts'

interface Found {
  readonly id: Uint8Array
  readonly topic: string
  /** Of each storer the receipt that came last. */
  readonly receipts: Map<string, { readonly receipt: Receipt; readonly bytes: Uint8Array }>
}

/** Fewer digits are no prefix, as in `why`. */
const prefixDigitsMin = 6

/** The receipts that a node was given, looked up by message. */
export class KeptReceipts {
  readonly #store: Store
  readonly #networkId: Uint8Array

  constructor(store: Store, networkId: Uint8Array) {
    this.#store = store
    this.#networkId = networkId
  }

  /** Receipts of the message with this id, whole or at least its first 6 digits. Errors: `usage`, `not-found`. */
  async of(text: string): Promise<ReceiptsView> {
    const { id, topic, receipts } = await this.#find(text)
    return { id: toHex(id), topic, receipts: viewReceipts(receipts) }
  }

  /** Receipts of the message with this whole id, on whatever topic; none if there are none. */
  async matching(id: string): Promise<readonly ReceiptView[]> {
    const found = await this.#matches(id)
    return found.filter((message) => toHex(message.id) === id).flatMap(({ receipts }) => viewReceipts(receipts))
  }

  /** The same as a file that anybody can check. Errors: `usage`, `not-found`. */
  async file(text: string): Promise<ReceiptFile> {
    const { id, topic, receipts } = await this.#find(text)
    const bytes = [...receipts.values()].map((kept) => kept.bytes)
    return fileReceipts({ networkId: this.#networkId, topic, id }, bytes)
  }

  async #find(text: string): Promise<Found> {
    const digits = text.toLowerCase()
    const found = await this.#matches(digits)
    const whole = found.find(({ id }) => toHex(id) === digits)
    const [first, second] = digits.length < prefixDigitsMin ? [] : found
    if (whole === undefined && second !== undefined)
      throw new NodeError('usage', `several messages have ids that begin with ${digits}`, 'give more of its digits')
    const only = whole ?? first
    if (only !== undefined) return only
    throw new NodeError(
      'not-found',
      `no receipt of ${digits} is kept`,
      'receipts are asked for when a message is published: grapevine pub TOPIC MESSAGE --receipt 1',
    )
  }

  async #matches(digits: string): Promise<readonly Found[]> {
    const found = new Map<string, Found>()
    const prefix = new Uint8Array(Buffer.from(digits.slice(0, digits.length & ~1), 'hex'))
    for (const { topic, bytes } of await this.#store.ask('receipt.find', prefix)) {
      const decoded = decodeReceipt(bytes)
      // What a bit error changed is none any more.
      if (!decoded.ok || !isSigned(decoded.receipt, { networkId: this.#networkId, topic, verify })) continue
      const { receipt } = decoded
      const peer = peerIdFromKey(receipt.body.storer)
      for (const id of receipt.body.ids) {
        const hex = toHex(id)
        if (!hex.startsWith(digits)) continue
        const name = `${topic} ${hex}`
        const known = found.get(name) ?? { id, topic, receipts: new Map() }
        found.set(name, known)
        // The youngest comes first.
        if (!known.receipts.has(peer)) known.receipts.set(peer, { receipt, bytes })
      }
    }
    return [...found.values()]
  }
}

const viewReceipts = (receipts: Found['receipts']): ReceiptView[] =>
  [...receipts].map(([peer, { receipt }]) => {
    const { storedAt, keepUntil } = receipt.body
    const until = keepUntil === undefined ? {} : { keepUntil: isoFromMicros(keepUntil) }
    return { peer, storedAt: isoFromMicros(storedAt), ...until }
  })
