import type { FiledReceiptCheck } from '../receipt/file.ts'

/** That a peer has signed that it stored a message. */
export interface ReceiptView {
  /** Peer id of who stores. */
  readonly peer: string
  /** By the clock of that peer, ISO 8601. */
  readonly storedAt: string
  /** Until when it means to keep it; absent: it names no time. */
  readonly keepUntil?: string
}

/** The receipts that this node has of a message. */
export interface ReceiptsView {
  /** Hex. */
  readonly id: string
  readonly topic: string
  readonly receipts: readonly ReceiptView[]
}

/** Own messages that are not yet known to be held elsewhere, or not receipted as asked. */
export interface OutboxView {
  /** Id of the message, in hex; of several that were signed together, of the first. */
  readonly id: string
  readonly topic: string
  /** Messages that were signed together. */
  readonly messages: number
  /** Author time, ISO 8601. */
  readonly time?: string
  /** `local`: on its way to disk; `queued`: no peer yet; `sent`: gossip gave it away; `held`: receipts are missing. */
  readonly state: 'local' | 'queued' | 'sent' | 'held'
  /** Peers that gossip gave it to in this life of the node; of `held` those that hold it. */
  readonly peers: number
  /** Receipts there are, and how many were asked for; absent where none was asked for. */
  readonly receipts?: number
  readonly wanted?: number
}

/** What `outbox retry` announced: messages, and peers that were there to hear of them. */
export interface OutboxRetryView {
  readonly announced: number
  readonly peers: number
}

/** What `outbox cancel` took back. */
export interface OutboxCancelView {
  readonly topic: string
  /** Hex. */
  readonly ids: readonly string[]
}

/** What `receipt verify` found. */
export interface ReceiptVerifyView {
  /** Hex. */
  readonly id: string
  readonly topic: string
  /** Network id, hex. */
  readonly network: string
  /** How many hold. */
  readonly valid: number
  readonly receipts: readonly FiledReceiptCheck[]
}
