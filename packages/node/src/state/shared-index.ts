import { keyFromPeerId } from '@grapevine/protocol'
import {
  type Change,
  type Contribution,
  entryOf,
  readSharedKey,
  type SharedKey,
  sharedKeyOf,
  sharedPrefix,
} from '@grapevine/protocol/state'
import type { StateSource } from './source.ts'

/**
 * Who has a part in which shared key: so that reading one does not look at all entries of all owners, of which hostile ones
 * may have many.
 */
export class SharedIndex {
  readonly #source: StateSource
  /** By key of the map: the keys of its owners, by their peer ids. */
  readonly #writers = new Map<string, Map<string, Uint8Array>>()

  constructor(source: StateSource) {
    this.#source = source
  }

  /** An owner's map is another now. */
  changed(peer: string, changes: readonly Change[]): void {
    for (const { key, value } of changes) {
      if (!key.startsWith(sharedPrefix)) continue
      const writers = this.#writers.get(key) ?? new Map<string, Uint8Array>()
      const owner = value === undefined ? undefined : keyFromPeerId(peer)
      if (owner !== undefined) writers.set(peer, owner)
      else writers.delete(peer)
      if (writers.size > 0) this.#writers.set(key, writers)
      else this.#writers.delete(key)
    }
  }

  /** The parts of all nodes, our own first, the others in no order. */
  parts(shared: SharedKey): Contribution[] {
    const { peerId, owner: self, epoch, replica } = this.#source
    const key = sharedKeyOf(shared)
    const own = replica.get(key)
    const parts: Contribution[] = own === undefined ? [] : [{ owner: self, epoch, value: own }]
    for (const [peer, owner] of this.#writers.get(key) ?? []) {
      if (peer === peerId) continue
      const state = replica.stateOf(owner)
      const value = entryOf(state, key)?.value
      if (value !== undefined) parts.push({ owner, epoch: state!.head.epoch, value })
    }
    return parts
  }

  /** All that any node has a part in, by name and kind. */
  keys(): SharedKey[] {
    const rank = ({ name, kind }: SharedKey): string => `${name} ${kind}`
    return [...this.#writers.keys()]
      .flatMap((key) => readSharedKey(key) ?? [])
      .toSorted((a, b) => (rank(a) < rank(b) ? -1 : 1))
  }
}
