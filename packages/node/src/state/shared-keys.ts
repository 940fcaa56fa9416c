import { compareBytes, peerIdFromKey } from '@grapevine/protocol'
import {
  type Change,
  type Contribution,
  readCounter,
  readRegister,
  readSet,
  readSharedKey,
  type SharedKey,
  sharedKeyOf,
} from '@grapevine/protocol/state'
import type { SharedChange, SharedEntry, Watch } from '../cluster/state-api.ts'
import { isoFromMicros } from '../control-view.ts'
import type { ChangeLog, LoggedChange } from './change-log.ts'
import { requireKey } from './refusal.ts'
import { SharedIndex } from './shared-index.ts'
import type { StateSource } from './source.ts'
import { LogWatch, type WatchStart } from './watch.ts'

/** What watching shared keys needs. */
export interface SharedWatchOptions {
  readonly log: ChangeLog
  readonly epoch: number
  /** Whether a name is watched. */
  readonly isMeant: (name: string) => boolean
}

/** What nobody has any more: a value that was removed. Counters and groups stay, at 0 and empty. */
export const isGone = ({ kind, value, writers }: SharedEntry): boolean =>
  writers === 0 || (kind === 'value' && value === undefined)

/** Keys that several nodes write together: each has its part in its own map, and this puts them together. */
export class SharedKeys {
  readonly #source: StateSource
  readonly #index: SharedIndex

  constructor(source: StateSource) {
    this.#source = source
    this.#index = new SharedIndex(source)
  }

  get source(): StateSource {
    return this.#source
  }

  /** An owner's map is another now. */
  changed(peer: string, changes: readonly Change[]): void {
    this.#index.changed(peer, changes)
  }

  /** The parts of all nodes, our own first. */
  parts(key: SharedKey): Contribution[] {
    return this.#index.parts(key)
  }

  /** All that any node has a part in, by name and kind. */
  keys(): SharedKey[] {
    return this.#index.keys()
  }

  read(key: SharedKey): SharedEntry {
    const parts = this.parts(key)
    const base = { key: key.name, kind: key.kind, writers: parts.length }
    if (key.kind === 'counter') return { ...base, count: readCounter(parts) }
    if (key.kind === 'group') return { ...base, elements: readSet(parts).toSorted(compareBytes) }
    const last = readRegister(parts, wallMicros())
    if (last?.value === undefined) return base
    return { ...base, value: last.value, by: peerIdFromKey(last.owner), time: isoFromMicros(last.wall) }
  }

  /** Writes our part; resolves when it is signed and on disk. Errors: those of `StateApi.set`. */
  async write(key: SharedKey, value: Uint8Array): Promise<void> {
    requireKey(key.name)
    await this.#source.write([{ key: sharedKeyOf(key), value }])
  }

  watch({ log, epoch, isMeant }: SharedWatchOptions, start: WatchStart): Watch<SharedChange> {
    // What this watch has shown last: a part of another node may change without the whole becoming another.
    const shown = new Map<string, string>()
    const isNew = (entry: SharedEntry): boolean => {
      const key = `${entry.kind} ${entry.key}`
      const text = fingerprintOf(entry)
      const before = shown.get(key)
      if (before === text || (before === undefined && isGone(entry))) return false
      shown.set(key, text)
      return true
    }
    const present = (): SharedChange[] => {
      shown.clear()
      const keys = this.keys().filter(({ name }) => isMeant(name))
      return keys.map((key) => ({ ...this.read(key), present: true })).filter(isNew)
    }
    if (start.new === true) present()
    const seen = (change: LoggedChange): SharedChange | undefined => {
      const key = readSharedKey(change.key)
      if (key === undefined || !isMeant(key.name)) return undefined
      const entry = this.read(key)
      return isNew(entry) ? { ...entry, present: false } : undefined
    }
    return new LogWatch({ log, epoch, present, seen }, start)
  }
}

/** µs since 1970. */
export const wallMicros = (): number => Date.now() * 1000

function fingerprintOf({ value, by, time, count, elements }: SharedEntry): string {
  if (count !== undefined) return String(count)
  if (elements !== undefined) return elements.map((element) => Buffer.from(element).toString('base64')).join()
  return value === undefined ? '' : `${by} ${time} ${Buffer.from(value).toString('base64')}`
}
