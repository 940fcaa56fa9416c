import type { ClusterOptions } from '../cluster/cluster.ts'
import type { ClusterAction, ClusterEvent } from '../cluster/cluster-event.ts'
import type { Action, Event, Millis } from '../event.ts'
import type { MachineOptions } from '../machine-options.ts'
import type { TopicRules } from '../topic.ts'

/** The parts of a node whose events are recorded: its messages, and what it has in common with others. */
export type RecordedPart = 'machine' | 'cluster'

/** Said at the beginning of each life of a node. Never holds a key that is secret. */
export interface RecordedLife {
  readonly format: number
  /** Of Grapevine. */
  readonly version: string
  readonly dialect: string
  readonly networkId: Uint8Array
  readonly network: string
  readonly peerId: string
  readonly name?: string
  readonly epoch: number
  /** Wall clock in ms since 1970 at the moment from which the times of events count. */
  readonly origin: number
  /** Bytes of a torn end of the life before that were cut off. */
  readonly cutBytes: number
  /** The actions are recorded, and not only their digests. */
  readonly hasActions: boolean
}

/** Options of a machine as they can be written. */
export type RecordedMachineOptions = Omit<MachineOptions, 'sha256'>
/** Options of a cluster as they can be written. */
export type RecordedClusterOptions = Omit<ClusterOptions, 'sha256' | 'peerOf' | 'place'>

/** A part began. */
export type RecordedStart =
  | { readonly part: 'machine'; readonly options: RecordedMachineOptions }
  | { readonly part: 'cluster'; readonly options: RecordedClusterOptions }

/** What a function of a topic's rules answered: `value`, or it threw. */
export interface RuleAnswer {
  readonly topic: string
  readonly rule: 'contentId' | 'check'
  readonly value?: Uint8Array | string | undefined
  readonly threw?: string
}

/** The functions of rules, whose answers are recorded. */
export type RuleFunctions = Pick<TopicRules, 'contentId' | 'check'>

/**
 * An event as it is written. Functions of a topic's rules are those of its definition, in canonical JSON; or, of a program's
 * topic, whatever they answered.
 */
export type RecordedEvent =
  | Exclude<Event, { readonly type: 'hold' }>
  | {
      readonly type: 'hold'
      readonly rules: Omit<TopicRules, keyof RuleFunctions>
      readonly definition?: string
      readonly functions?: readonly (keyof RuleFunctions)[]
    }

/** What came of an event. */
export type RecordedOutcome =
  /** The part threw: the node ended there. */
  | { readonly type: 'threw' }
  | { readonly type: 'nothing' }
  /** 8 bytes of SHA-256 over the actions. */
  | { readonly type: 'digest'; readonly digest: Uint8Array }
  | { readonly type: 'actions'; readonly actions: readonly unknown[] }

/** An event of a part, and what came of it. */
export type RecordedStep = {
  readonly now: Millis
  /** In the order in which they were asked for. */
  readonly answers: readonly RuleAnswer[]
  readonly outcome: RecordedOutcome
} & (
  | { readonly part: 'machine'; readonly event: RecordedEvent }
  | { readonly part: 'cluster'; readonly event: ClusterEvent }
)

/** How a recording ended, if the node lived on or ended in good order. */
export type RecordingEnd = 'stopped' | 'full' | 'slow' | 'disk'

/** What stands in a recording, one after the other. */
export type RecordingEntry =
  | { readonly type: 'life'; readonly life: RecordedLife }
  | { readonly type: 'start'; readonly start: RecordedStart }
  | { readonly type: 'step'; readonly step: RecordedStep }
  | { readonly type: 'end'; readonly end: RecordingEnd }

/** An action of either part. */
export type AnyAction = Action | ClusterAction

/** Format of recordings: the only one. */
export const recordingFormat = 1

/** How an entry begins. */
export const entryTag = { life: 1, start: 2, machine: 3, cluster: 4, end: 5 } as const
/** How the outcome of an event begins. */
export const outcomeTag = { threw: 0, nothing: 1, digest: 2, actions: 3 } as const

/** Bytes of a digest. */
export const digestSize = 8
