import { keyFromPeerId, matchTopic } from '@grapevine/protocol'
import {
  type Change,
  entryOf,
  type OwnerState,
  sharedPrefix,
  userKeyOf,
  userPrefix,
  type Entry,
} from '@grapevine/protocol/state'
import { isoFromMicros } from '../control-view.ts'
import type {
  ListOptions,
  SharedChange,
  SharedEntry,
  StateApi,
  StateChange,
  StateEntry,
  Watch,
  WatchOptions,
} from '../cluster/state-api.ts'
import { NodeError } from '../error.ts'
import { findPeer } from '../peer/find-peer.ts'
import { ChangeLog, type LoggedChange } from './change-log.ts'
import { requireKey, requireSize } from './refusal.ts'
import { Counters, Groups, SharedValues } from './shared.ts'
import { isGone, SharedKeys } from './shared-keys.ts'
import { watchShared } from './shared-watch.ts'
import type { StateSource } from './source.ts'
import { bytesOf } from './value.ts'
import { LogWatch } from './watch.ts'

const listDefault = 1000

/** The state of a node, as programs and its control API use it. */
export class State implements StateApi {
  readonly peerId: string
  readonly epoch: number
  readonly shared: SharedValues
  readonly counter: Counters
  readonly group: Groups
  readonly #source: StateSource
  readonly #sharedKeys: SharedKeys
  readonly #log = new ChangeLog()

  constructor(source: StateSource) {
    this.#source = source
    this.peerId = source.peerId
    this.epoch = source.epoch
    this.#sharedKeys = new SharedKeys(source)
    this.shared = new SharedValues(this.#sharedKeys)
    this.counter = new Counters(this.#sharedKeys)
    this.group = new Groups(this.#sharedKeys)
  }

  /** An owner's map is another now. */
  changed({ peer, epoch }: { readonly peer: string; readonly epoch: number }, changes: readonly Change[]): void {
    this.#sharedKeys.changed(peer, changes)
    // What nodes say of themselves as members changes all the time, and nobody watches it here.
    const watched = changes.filter(
      ({ key, repeats }) => repeats !== true && (key.startsWith(userPrefix) || key.startsWith(sharedPrefix)),
    )
    if (watched.length > 0) this.#log.add(watched.map((change) => ({ ...change, peerId: peer, epoch })))
  }

  /** Ends all watches. */
  close(): void {
    this.#log.close()
  }

  async set(key: string, value: string | Uint8Array): Promise<StateEntry> {
    await this.write([{ key, value }])
    return this.get(key) ?? { ...this.#nothing, key, value: bytesOf(value) }
  }

  async write(writes: Parameters<StateApi['write']>[0]): Promise<number> {
    const prepared = writes.map(({ key, value }) => {
      requireKey(key)
      const bytes = value === undefined ? undefined : bytesOf(value)
      requireSize(key, bytes?.length ?? 0)
      return { key: userPrefix + key, value: bytes }
    })
    await this.#source.write(prepared)
    const own = this.#source.replica.stateOf(this.#source.owner)
    return Math.max(0, ...prepared.map(({ key }) => entryOf(own, key)?.version ?? 0))
  }

  async remove(...keys: readonly string[]): Promise<number> {
    for (const key of keys) {
      if (this.#source.replica.get(userPrefix + key) === undefined)
        throw new NodeError('not-found', `this node has no key ${key}`, 'see: grapevine state ls')
    }
    return this.write(keys.map((key) => ({ key })))
  }

  get(key: string, of?: string): StateEntry | undefined {
    const peerId = this.#peerOf(of)
    const state = this.#stateOf(peerId)
    const entry = entryOf(state, userPrefix + key)
    return entry?.value === undefined ? undefined : entryView(peerId, state!, entry, key)
  }

  list(options: Parameters<StateApi['list']>[0] = {}): readonly StateEntry[] {
    const { of, all = false, match, limit = listDefault } = options
    if (!all) {
      const peerId = this.#peerOf(of)
      return userEntries(peerId, this.#stateOf(peerId), match).slice(0, limit)
    }
    if (of !== undefined) throw new NodeError('usage', 'of and all exclude each other', 'choose one')
    const found: StateEntry[] = []
    for (const { peer, state } of this.#owners()) {
      found.push(...userEntries(peer, state, match).slice(0, limit - found.length))
      if (found.length >= limit) break
    }
    return found
  }

  watch({ match = [], of, ...start }: WatchOptions & { readonly of?: string } = {}): Watch<StateChange> {
    const peerId = of === undefined ? undefined : this.#peerOf(of)
    const isMeant = meant(match)
    const present = (): StateChange[] =>
      (peerId === undefined ? this.#owners() : [{ peer: peerId, state: this.#known(peerId) }]).flatMap(
        ({ peer, state }) =>
          userEntries(peer, state)
            .filter(({ key }) => isMeant(key))
            .map((entry) => ({ ...entry, present: true })),
      )
    const seen = (change: LoggedChange): StateChange | undefined => {
      const key = userKeyOf(change.key)
      if (key === undefined || !isMeant(key) || (peerId !== undefined && change.peerId !== peerId)) return undefined
      const { version, time } = change
      return {
        ...change,
        key,
        version: version === 0 ? undefined : version,
        time: time === 0 ? undefined : isoFromMicros(time),
        present: false,
      }
    }
    return new LogWatch({ log: this.#log, epoch: this.#source.epoch, present, seen }, start)
  }

  listShared(options: Parameters<StateApi['listShared']>[0] = {}): readonly SharedEntry[] {
    const { kind, match, limit = listDefault } = options
    const keys = this.#sharedKeys.keys().filter((key) => kind === undefined || key.kind === kind)
    const fitting = match === undefined ? keys : keys.filter(({ name }) => matchTopic(match, name))
    const found: SharedEntry[] = []
    for (const key of fitting) {
      if (found.length >= limit) break
      const entry = this.#sharedKeys.read(key)
      if (!isGone(entry)) found.push(entry)
    }
    return found
  }

  watchShared({ match = [], ...start }: WatchOptions = {}): Watch<SharedChange> {
    const isMeant = meant(match)
    return watchShared({ keys: this.#sharedKeys, log: this.#log, epoch: this.#source.epoch, isMeant }, start)
  }

  get #nothing(): Omit<StateEntry, 'key' | 'value'> {
    const { peerId, epoch } = this.#source
    return { peerId, epoch, version: 0, time: isoFromMicros(0) }
  }

  #peerOf(of: string | undefined): string {
    const { peerId, knownPeers, replica } = this.#source
    if (of === undefined) return peerId
    const owners = [...replica.owners()].map(({ peer }) => ({ peerId: peer }))
    return findPeer(of, [...owners, ...knownPeers()])
  }

  #known(peerId: string): OwnerState | undefined {
    const owner = keyFromPeerId(peerId)
    return owner && this.#source.replica.stateOf(owner)
  }

  #stateOf(peerId: string): OwnerState | undefined {
    const state = this.#known(peerId)
    if (state !== undefined || peerId === this.#source.peerId) return state
    throw new NodeError('not-found', `nothing has come of ${peerId} yet`, 'see who is there: grapevine member ls')
  }

  /** Our own first, then by name. */
  #owners(): { readonly peer: string; readonly state: OwnerState | undefined }[] {
    const { peerId, replica } = this.#source
    const rank = (peer: string): string => (peer === peerId ? '' : peer)
    return [...replica.owners()].toSorted((a, b) => (rank(a.peer) < rank(b.peer) ? -1 : 1))
  }
}

const meant =
  (globs: readonly string[]) =>
  (key: string): boolean =>
    globs.length === 0 || globs.some((glob) => matchTopic(glob, key))

/** Keys of users in a map, in order. */
function userEntries(
  peerId: string,
  state: OwnerState | undefined,
  match?: ListOptions['match'],
): (StateEntry & { readonly value: Uint8Array })[] {
  const found: StateEntry[] = []
  for (const entry of state?.entries ?? []) {
    const key = userKeyOf(entry.key)
    if (key === undefined || entry.value === undefined) continue
    if (match === undefined || matchTopic(match, key)) found.push(entryView(peerId, state!, entry, key))
  }
  return found.toSorted((a, b) => (a.key < b.key ? -1 : 1))
}

const entryView = (peerId: string, { head }: OwnerState, entry: Entry, key: string): StateEntry => ({
  peerId,
  key,
  value: entry.value!,
  epoch: head.epoch,
  version: entry.version,
  time: isoFromMicros(entry.time),
})
