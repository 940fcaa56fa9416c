import { bodyCalls, type BodyCalls } from './body-rows.ts'
import { consumerCalls, type ConsumerCalls } from './consumers.ts'
import { evidenceCalls, type EvidenceCalls } from './evidence.ts'
import { lifeCalls, type LifeCalls } from './lives.ts'
import { scrubPlaceCalls, type ScrubPlaceCalls } from './scrub-place.ts'
import { outboxCalls, type OutboxCalls } from './outbox.ts'
import type { PartContext, ReadCall, WriteCall } from './part.ts'
import { receiptCalls, type ReceiptCalls } from './receipts.ts'
import { stateCalls, type StateCalls } from './states.ts'

/** All calls of the store's parts: a part adds its own here, and its tables to the migrations in schema.ts. */
export type StoreCalls = BodyCalls &
  ConsumerCalls &
  EvidenceCalls &
  LifeCalls &
  OutboxCalls &
  ReceiptCalls &
  ScrubPlaceCalls &
  StateCalls

/** Names of the calls that change something. */
export type WriteName = {
  [Name in keyof StoreCalls]: StoreCalls[Name] extends WriteCall<never, unknown> ? Name : never
}[keyof StoreCalls]
/** Names of the calls that change nothing. */
export type ReadName = Exclude<keyof StoreCalls, WriteName>
/** What a call takes. */
export type CallArgs<Name extends keyof StoreCalls> = StoreCalls[Name] extends
  | WriteCall<infer Args, infer _>
  | ReadCall<infer Args, infer _>
  ? Args
  : never
/** What a call gives. */
export type CallResult<Name extends keyof StoreCalls> = StoreCalls[Name] extends
  | WriteCall<never, infer Result>
  | ReadCall<never, infer Result>
  ? Result
  : never

/** The parts' calls, for one open database. */
export const storeCalls = (context: PartContext): StoreCalls => ({
  ...bodyCalls(context),
  ...consumerCalls(context),
  ...evidenceCalls(context),
  ...lifeCalls(context),
  ...scrubPlaceCalls(context),
  ...outboxCalls(context),
  ...receiptCalls(context),
  ...stateCalls(context),
})
