import type { BodyNeeds } from './bodies/body-needs.ts'
import type { Action, Ref } from './event.ts'
import type { Sha256 } from './id.ts'
import type { IdTable } from './id-table.ts'
import type { Journal } from './journal.ts'
import type { Registry } from './registry.ts'
import type { Holdings } from './store/holdings.ts'
import type { Keeper } from './store/keeper.ts'

/** What the outgoing part needs of its machine. */
export interface OutgoingContext {
  readonly sha256: Sha256
  readonly networkId: Uint8Array
  /** Our own public key, 32 bytes. */
  readonly author: Uint8Array
  /** This life of the node: larger than any before, durable before the first publish. */
  readonly epoch: number
  readonly registry: Registry
  readonly seen: IdTable
  readonly journal: Journal
  readonly holdings: Holdings
  readonly keeper: Keeper
  /** Messages of ours are known from now on: others may wait for them. */
  readonly onAccepted: (topic: string, keys: readonly Uint8Array[]) => void
  readonly needs: BodyNeeds
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** Payload bytes waiting per topic before a publish is refused as `overloaded`. */
  readonly queueBytesMax: number
  /** Messages per envelope at most; 1 turns batching off. */
  readonly batchMax: number
}
