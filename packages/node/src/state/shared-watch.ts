import { createHash } from 'node:crypto'
import { setTimeout as sleep } from 'node:timers/promises'
import { readSharedKey } from '@grapevine/protocol/state'
import type { SharedChange, SharedEntry, Watch } from '../cluster/state-api.ts'
import type { ChangeLog, LoggedChange } from './change-log.ts'
import { isGone, type SharedKeys } from './shared-keys.ts'
import { LogWatch, type WatchStart } from './watch.ts'

/** What watching shared keys needs. */
export interface SharedWatchOptions {
  readonly keys: Pick<SharedKeys, 'keys' | 'read'>
  readonly log: ChangeLog
  /** This life of the node. */
  readonly epoch: number
  /** Whether a name is watched. */
  readonly isMeant: (name: string) => boolean
}

/** Reading a key for longer than this, in ms, is followed by four times as long a pause: hostile parts can be large. */
const readMs = 5

/**
 * Shared keys, each whenever it becomes another: a part of a node may change without the whole becoming another. Several
 * changes that wait are one, because what is read is what is there now.
 */
export function watchShared({ keys, log, epoch, isMeant }: SharedWatchOptions, start: WatchStart): Watch<SharedChange> {
  /** What was shown last, as a hash; and the number of the last change that it has in it. */
  const shown = new Map<string, { readonly hash: string; readonly upTo: number }>()
  const isNew = (entry: SharedEntry): boolean => {
    const name = nameOf(entry)
    const hash = hashOf(entry)
    const before = shown.get(name)
    if (isGone(entry)) return shown.delete(name)
    shown.set(name, { hash, upTo: log.last })
    return before?.hash !== hash
  }
  const present = (): SharedChange[] => {
    shown.clear()
    const all = keys.keys().filter(({ name }) => isMeant(name))
    return all.map((key) => ({ ...keys.read(key), present: true })).filter(isNew)
  }
  if (start.new === true) present()
  const seen = (change: LoggedChange, number: number): SharedChange | Promise<SharedChange | undefined> | undefined => {
    const key = readSharedKey(change.key)
    if (key === undefined || !isMeant(key.name)) return undefined
    if (number <= (shown.get(nameOf({ key: key.name, kind: key.kind }))?.upTo ?? 0)) return undefined
    const began = performance.now()
    const entry = keys.read(key)
    const found = isNew(entry) ? { ...entry, present: false } : undefined
    const took = performance.now() - began
    return took < readMs ? found : sleep(4 * took, found)
  }
  return new LogWatch({ log, epoch, present, seen }, start)
}

const nameOf = ({ kind, key }: Pick<SharedEntry, 'kind' | 'key'>): string => `${kind} ${key}`

function hashOf({ value, by, time, count, elements = [] }: SharedEntry): string {
  const hash = createHash('sha256').update(`${by} ${time} ${count}`)
  if (value !== undefined) hash.update(value)
  for (const element of elements) hash.update(`${element.length} `).update(element)
  return hash.digest('base64')
}
