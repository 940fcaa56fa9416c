import type { ClusterEvent } from '../cluster/cluster-event.ts'
import type { Event } from '../event.ts'
import type { KeyList } from '../reconcile/key.ts'
import type { RecordedEvent } from './entry.ts'

/** Every kind of event of the machine. A new one does not compile until it stands here, and is written as the others are. */
const machineEvents: Readonly<Record<Event['type'], true>> = {
  tick: true,
  hold: true,
  release: true,
  publish: true,
  signed: true,
  named: true,
  gossiped: true,
  received: true,
  fetched: true,
  found: true,
  stored: true,
  restored: true,
  emptied: true,
  lost: true,
  floor: true,
  'peer-joined': true,
  'peer-left': true,
  opened: true,
  frame: true,
  flushed: true,
  closed: true,
  loaded: true,
  compare: true,
  bodyFound: true,
  bodyRead: true,
  bodySaved: true,
  chunk: true,
  noChunk: true,
  verified: true,
  judged: true,
  copied: true,
  sent: true,
}

/** The same of the cluster. */
const clusterEvents: Readonly<Record<ClusterEvent['type'], true>> = {
  tick: true,
  links: true,
  set: true,
  remove: true,
  write: true,
  frame: true,
  signed: true,
  verified: true,
  restore: true,
  exchange: true,
  delayed: true,
  forget: true,
  leave: true,
}

/** Names of the events of the machine. */
export const machineEventNames = Object.keys(machineEvents) as readonly Event['type'][]

/** Names of the events of the cluster. */
export const clusterEventNames = Object.keys(clusterEvents) as readonly ClusterEvent['type'][]

/** What of a type a recording cannot hold: `never` if it can hold all of it. */
type Unwritable<Value> = Value extends undefined | null | boolean | number | bigint | string | Uint8Array | KeyList
  ? never
  : Value extends (...values: never[]) => unknown
    ? Value
    : Value extends readonly (infer Item)[]
      ? Unwritable<Item>
      : Value extends object
        ? { [Key in keyof Value]-?: Unwritable<Value[Key]> }[keyof Value]
        : Value

/** Compiles only while every event can be written as it is. */
type None<Nothing extends never> = Nothing
export type WritableEvents = None<Unwritable<RecordedEvent | ClusterEvent>>
