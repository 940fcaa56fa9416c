import { compareBytes, peerIdFromKey } from '@grapevine/protocol'
import {
  type Change,
  type Contribution,
  readCounter,
  readRegister,
  readSet,
  type SharedKey,
  sharedKeyOf,
} from '@grapevine/protocol/state'
import type { SharedEntry } from '../cluster/state-api.ts'
import { isoFromMicros } from '../control-view.ts'
import { requireKey } from './refusal.ts'
import { SharedIndex } from './shared-index.ts'
import type { StateSource } from './source.ts'

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
}

/** µs since 1970. */
export const wallMicros = (): number => Date.now() * 1000
