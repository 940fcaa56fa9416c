import type { AuthorDefinitions } from './author-definitions.ts'
import { pendingCost } from './backlog.ts'
import type { BodyNeeds } from './bodies/body-needs.ts'
import type { Bodied } from './bodies/job.ts'
import { messageOf, withBody } from './body-message.ts'
import type { Deferrable } from './defer/plan.ts'
import type { ParkBounds } from './defer/park.ts'
import type { EnvelopeBody } from './envelope.ts'
import type { Action, Message, Millis, PeerId, Ref } from './event.ts'
import type { FetchOptions } from './fetch/options.ts'
import type { Sha256 } from './id.ts'
import type { IdTable } from './id-table.ts'
import type { Journal, JournalEntry } from './journal.ts'
import type { Registry } from './registry.ts'
import type { Signed } from './signed.ts'
import type { Holdings } from './store/holdings.ts'
import type { Keeper } from './store/keeper.ts'
import type { Refusals } from './store/refusals.ts'
import type { TopicRules } from './topic.ts'
import type { Decision } from './verdict.ts'

/** What the incoming part needs of its machine. */
export interface IncomingContext {
  readonly sha256: Sha256
  readonly networkId: Uint8Array
  /** Our own public key, 32 bytes. */
  readonly author: Uint8Array
  readonly registry: Registry
  readonly seen: IdTable
  readonly journal: Journal
  readonly holdings: Holdings
  readonly keeper: Keeper
  readonly refusals: Refusals
  readonly needs: BodyNeeds
  readonly authorDefinitions: AuthorDefinitions
  /** Whether an envelope that our key signed can be from us: from this life so far, or from an earlier one. */
  readonly isOwn: (topic: string, body: EnvelopeBody, isFromStore: boolean, seqno?: bigint) => boolean
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  /** What a store gave is under check: the keys of all its messages, of which more may have been wanted. */
  readonly onIngesting: (ref: Ref, keyTime: number, keys: readonly Uint8Array[]) => void
  /** What a store gave was judged; without a decision it is not what was asked for. */
  readonly onIngested: (ref: Ref, decision: Decision | undefined, now: Millis) => void
  /** Cost of what is under check from one peer, in bytes of memory, before more is turned away as `overloaded`. */
  readonly pendingBytesPerPeerMax: number
  /** The same over all peers. */
  readonly pendingBytesMax: number
  /** Peers that keep a topic. */
  readonly peersOf: (topic: string) => readonly PeerId[]
  readonly parkBounds: ParkBounds
  readonly deferMsMax: Millis
  /** How long an envelope may wait for its body, in ms. */
  readonly bodyMsMax: Millis
  readonly fetch: Partial<FetchOptions> & { readonly seed: number }
}

/** What came, and who brought it. */
export interface Arrival {
  /** As it stands on the wire. */
  readonly topic: string
  readonly from: PeerId
  readonly gossipId: string
  readonly entry: JournalEntry
  readonly wall: number
  /** What gossip knows of it, where gossip signs. */
  readonly signed?: Signed | undefined
  /** What a store gave: it is checked like live traffic, but gossip has no part in it. */
  readonly fetched?: Ref
  /** Whether what was asked for is in there, by keys and key time. */
  readonly isExpected?: IsExpected | undefined
  /** Gossip, or who fetched it, has its answer: what is decided later is told as `settled`. */
  isTold?: boolean
}

/** Whether an envelope with these messages is what was asked for. */
export type IsExpected = (keys: readonly Uint8Array[], keyTime: number) => boolean

/** What was read from it. */
export interface Pending extends Arrival, Deferrable, Bodied {
  rules: TopicRules
  readonly bytes: Uint8Array
  readonly body: EnvelopeBody
  readonly ids: readonly Uint8Array[]
  /** Keys of the ids in the seen table. */
  readonly keys: readonly Uint8Array[]
  /** In bytes of memory. */
  readonly cost: number
  /** Messages that were put to the validator, by index; set once the signature is known to be good. */
  asked: readonly number[]
  /** It was passed on before, for the sake of others of its messages. */
  readonly isForwarded?: boolean
}

/** A message of it, for a validator. */
export const messageAt = ({ body, rules, from, ids, signed, payload }: Pending, index: number): Message => ({
  ...messageOf(body, index, { topic: rules.name, ids, seqno: signed?.seqno }),
  from,
  ...(payload && { payload }),
})

/** The same for readers. */
export const readableAt = (pending: Pending, index: number): Message =>
  withBody(messageAt({ ...pending, payload: undefined }, index), pending.payload)

/** What an envelope costs in memory while it is under check, or waits. */
export const pendingCostOf = (bytes: Uint8Array, messages: number): number =>
  bytes.length + pendingCost.envelope + pendingCost.message * messages
