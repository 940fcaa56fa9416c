import type { Filed } from './append.ts'
import type { AuthorCursor, AuthorLife } from './authors.ts'
import type { Fault } from './fault.ts'
import type { KeyPage } from './keys.ts'
import type { StoreCalls } from './parts.ts'
import type { ArrivalRange, FramePage } from './read.ts'
import type { RecordKey } from './record.ts'
import type { TopicDamage } from './quarantine.ts'
import type { Removal } from './remove.ts'
import type { ScrubFound } from './scrub.ts'
import type { ScrubPosition } from './scrub-slice.ts'
import type { Retained, RetainStep } from './retention.ts'
import type { RecordSearch } from './search.ts'

/** What a topic of the store has. */
export interface TopicState {
  readonly topic: string
  /** Author time, µs: nothing older is kept. */
  readonly floor: number
  /** Floors of single authors above it, by their key in hex. */
  readonly authorFloors: Readonly<Record<string, number>>
  readonly messages: number
  readonly records: number
  /** Wire bytes. */
  readonly bytes: number
}

/** What a store says of itself when it is opened. */
export interface StoreState {
  /** Random, 8 hex digits: another one means that arrival numbers of before say nothing any more. */
  readonly logEpoch: string
  /** The highest arrival number that was ever given out. */
  readonly lastArrival: number
  readonly topics: readonly TopicState[]
  /** Where a database that was damaged or not ours was moved to, and a new one begun. */
  readonly movedAside: string | undefined
  /** Records that the new one begins with, because they could still be read. */
  readonly salvaged: number
}

/** A write of a part, as it crosses threads. */
export interface PartWrite {
  readonly name: keyof StoreCalls
  readonly args: unknown
}

/** What a part's write came to. */
export type PartAnswer = { readonly result: unknown } | { readonly fault: Fault }

/** What the worker can be asked, one answer to each question, in order. */
export interface WorkerCalls {
  open: (args: { readonly path: string; readonly reserveBytes: number }) => StoreState
  /** One group commit. */
  write: (args: {
    readonly frames: ArrayBuffer
    readonly topicNames: readonly string[]
    readonly parts: readonly PartWrite[]
  }) => {
    readonly filed: Filed
    readonly parts: readonly PartAnswer[]
  }
  ask: (args: PartWrite) => unknown
  state: (args: undefined) => StoreState
  keys: (args: { readonly topic: string; readonly after: Uint8Array | undefined }) => KeyPage
  load: (args: { readonly topic: string; readonly keys: readonly RecordKey[]; readonly bytesMax: number }) => FramePage
  readArrivals: (args: ArrivalRange) => FramePage
  search: (args: RecordSearch) => FramePage
  authors: (args: { readonly topic: string; readonly after: AuthorCursor | undefined }) => readonly AuthorLife[]
  raiseFloor: (args: { readonly topic: string; readonly floor: number }) => Removal
  remove: (args: { readonly topic: string; readonly arrivals: readonly number[] }) => Omit<Removal, 'isCut'>
  retain: (args: RetainStep) => Retained
  retireTopic: (args: { readonly topic: string }) => boolean
  sweep: (args: undefined) => Removal
  /** Takes out damaged records. */
  quarantine: (args: { readonly arrivals: readonly number[] }) => readonly TopicDamage[]
  scrub: (args: ScrubPosition) => ScrubFound
  /** Whether there is room on the disk again. */
  recover: (args: undefined) => boolean
  close: (args: undefined) => void
}

/** A question to the worker. */
export interface WorkerRequest {
  readonly id: number
  readonly call: keyof WorkerCalls
  readonly args: unknown
}

/** Its answer. */
export type WorkerAnswer =
  | { readonly id: number; readonly value: unknown }
  | { readonly id: number; readonly fault: Fault }

/** What the worker tells unasked: SQLite found the database damaged, and it was made anew from what holds together. */
export type WorkerNews = { readonly damage: string } | { readonly salvaged: StoreState }
