import type { Message, Millis } from '../event.ts'

/** What comes out of an order: messages, and what is known to be missing before the next of them. */
export type Ordered =
  /** `late`: what belongs behind it came out before, after a gap was shown or because it came a second time. */
  { readonly message: Message; readonly late?: true } | { readonly gap: OrderGap }

/** What is missing: sequences of one author's life, from `first` to `last`, or a parent of the message that comes next. */
export type OrderGap =
  | {
      readonly topic: string
      readonly author: Uint8Array
      readonly epoch: number
      readonly first: number
      readonly last: number
    }
  | { readonly topic: string; readonly of: Uint8Array; readonly parents: readonly Uint8Array[] }

/** A message that has waited for too long for what comes before it. */
export interface Missing {
  /** The first one that waits. */
  readonly message: Message
  readonly gap: OrderGap
  /** Too much waits: the host has to give up, and cannot ask for more time. */
  readonly isForced: boolean
}

/** Bounds of an order. */
export interface OrderOptions {
  /** How long a message waits for what comes before it, in ms. Default 2,000: some heartbeats of gossip. A guess. */
  readonly waitMs?: number
  /** Messages that wait at once. Default 8,192. */
  readonly messagesMax?: number
  /** What they may cost in memory, in bytes. Default 16 MiB. */
  readonly bytesMax?: number
}

/** Options of an order with their defaults. */
export const orderDefaults: Required<OrderOptions> = { waitMs: 2_000, messagesMax: 8_192, bytesMax: 16 << 20 }

/** What a waiting message costs beside its payload. */
const messageBytes = 400

/** Memory of a message that waits, in bytes. */
export const costOf = ({ payload, parents = [] }: Message): number =>
  messageBytes + payload.length + parents.length * 100

/**
 * Puts messages of one reader into an order. Outside the machine: waiting here never holds up what is relayed or kept.
 * The host gives each message to {@link Order.take}, and at `nextWakeup` settles what {@link Order.overdue} names: it can
 * `renew` the wait if its store holds what is missing, and else has to `giveUp`.
 */
export interface Order {
  /** Messages that wait. */
  readonly waiting: number
  /** When the host must look at {@link Order.overdue} next; undefined while nothing waits. */
  readonly nextWakeup: Millis | undefined
  /** Takes a message; gives what can come out now, in order. */
  take(message: Message, now: Millis): readonly Ordered[]
  /** The message that has waited longest for what is missing, if it is due. */
  overdue(now: Millis): Missing | undefined
  /** What is missing will come: its time begins anew. */
  renew(missing: Missing, now: Millis): void
  /** What is missing will not come: a gap takes its place. */
  giveUp(missing: Missing, now: Millis): readonly Ordered[]
}
