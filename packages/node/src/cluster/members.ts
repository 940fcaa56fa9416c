import { keyFromPeerId, shortPeer, type MemberChangeView, type MemberQuery, type MemberView } from '@grapevine/protocol'
import {
  decodeNodeRecord,
  matchesTags,
  type Member,
  nodeKey,
  type NodeRecord,
  parseTagFilter,
  type TagFilter,
  tagOfValue,
} from '@grapevine/protocol/member'
import { entryOf, type OwnerState, userKeyOf } from '@grapevine/protocol/state'
import { NodeError } from '../error.ts'
import { Follower } from '../follower.ts'
import { printable } from '../peer/claim.ts'
import { findPeer, type NamedPeer } from '../peer/find-peer.ts'
import type { ClusterHost } from './cluster-host.ts'
import type { MemberApi, MemberWatch } from './member-api.ts'

const nothing: NodeRecord = { name: '', version: '', addresses: [], topics: [], topicCount: 0 }

/** Members as users see them. */
export class Members implements MemberApi {
  readonly #host: ClusterHost
  /** Our peer id. */
  readonly #self: string
  readonly #followers = new Set<{ take(view: MemberChangeView): void; close(): void }>()

  constructor(host: ClusterHost, self: string) {
    this.#host = host
    this.#self = self
    host.onMember(({ peer, before }) => {
      if (this.#followers.size === 0 || peer === self) return
      const member = host.membership.member(peer)
      if (member === undefined) return
      const view = { ...this.#view(member), ...(before && { before }) }
      for (const follower of this.#followers) follower.take(view)
    })
  }

  list(query: MemberQuery = {}): readonly MemberView[] {
    return this.#fitting(filterOf(query))
  }

  show(member: string): MemberView {
    return this.#view(this.#find(member))
  }

  forget(member: string): { readonly peerId: string } {
    const { peer, owner, status } = this.#find(member)
    if (peer === this.#self) throw new NodeError('usage', 'that is this node itself')
    if (status !== 'failed' && status !== 'left') {
      throw new NodeError(
        'usage',
        `${shortPeer(peer)} is ${status}: it would come back`,
        `stop it first; to keep it out: grapevine peer block ${peer}`,
      )
    }
    this.#host.forget(owner)
    return { peerId: peer }
  }

  watch(query: MemberQuery = {}): MemberWatch {
    const fits = filterOf(query)
    const follower = new Follower<MemberChangeView>(this.#fitting(fits), () => this.#followers.delete(entry))
    // Who was of a status that is wanted, and is it no more, is told of too.
    const isToldOf = (view: MemberChangeView): boolean =>
      fits(view) || (view.before !== undefined && fits({ ...view, status: view.before }))
    const entry = {
      take: (view: MemberChangeView) => isToldOf(view) && follower.take(view),
      close: () => follower.close(),
    }
    this.#followers.add(entry)
    return follower
  }

  /** All by id and name, for whoever looks for one. */
  *named(): IterableIterator<NamedPeer> {
    for (const { peer, owner } of this.#host.membership.members())
      yield { peerId: peer, name: nameOf(recordOf(this.#host.replica.stateOf(owner))) }
  }

  /** What a member says of itself; undefined if nothing is known of it. */
  record(peer: string): NodeRecord | undefined {
    const owner = keyFromPeerId(peer)
    return owner && recordOf(this.#host.replica.stateOf(owner))
  }

  /** Ends all watches. */
  close(): void {
    for (const follower of this.#followers) follower.close()
  }

  #find(text: string): Member {
    const member = this.#host.membership.member(findPeer(text, this.named()))
    if (member !== undefined) return member
    throw new NodeError('not-found', `no member is known as ${text}`, 'see: grapevine member ls')
  }

  #fitting(fits: (view: MemberView) => boolean): MemberView[] {
    const views = [...this.#host.membership.members()].map((member) => this.#view(member)).filter(fits)
    return views.toSorted(
      (a, b) =>
        Number(b.self ?? false) - Number(a.self ?? false) ||
        compare(a.name ?? '\u{10ffff}', b.name ?? '\u{10ffff}') ||
        compare(a.peerId, b.peerId),
    )
  }

  #view({ peer, owner, status, statusAt, heardAt, phi, epoch, incarnation }: Member): MemberView {
    const state = this.#host.replica.stateOf(owner)
    const { version, addresses, topics, topicCount, ...record } = recordOf(state)
    const name = nameOf(record)
    const isSelf = peer === this.#self
    return {
      peerId: peer,
      short: shortPeer(peer),
      ...(name !== undefined && { name }),
      ...(isSelf && { self: true as const }),
      status,
      since: isoOf(statusAt),
      ...(phi !== undefined && { phi: Math.round(phi * 100) / 100 }),
      epoch,
      incarnation,
      tags: tagsOf(state),
      addresses,
      ...(version !== '' && { version }),
      topics,
      topicCount,
      heard: isoOf(isSelf ? performance.now() : heardAt),
      connected: this.#host.isLinked(peer),
    }
  }
}

/** Throws `usage` for a tag without a key. */
function filterOf({ status, tag = [] }: MemberQuery): (view: MemberView) => boolean {
  const filters = tag.map((text): TagFilter => {
    const filter = parseTagFilter(text)
    if (filter !== undefined) return filter
    throw new NodeError('usage', `${JSON.stringify(text.slice(0, 80))} is no tag`, 'give KEY, KEY=VALUE or KEY=GLOB')
  })
  return (view) =>
    (status === undefined || status.includes(view.status)) &&
    matchesTags(filters, (key) => (Object.hasOwn(view.tags, key) ? view.tags[key] : undefined))
}

function tagsOf(state: OwnerState | undefined): Record<string, string> {
  const tags = (state?.entries ?? []).flatMap(({ key, value }): [string, string][] => {
    const [name, tag] = [userKeyOf(key), tagOfValue(value)]
    return name === undefined || tag === undefined ? [] : [[name, tag]]
  })
  return Object.fromEntries(tags.toSorted(([a], [b]) => compare(a, b)))
}

function recordOf(state: OwnerState | undefined): NodeRecord {
  const value = entryOf(state, nodeKey)?.value
  return (value && decodeNodeRecord(value)) ?? nothing
}

function nameOf({ name }: Pick<NodeRecord, 'name'>): string | undefined {
  const shown = printable(name)
  return shown === '' ? undefined : shown
}

const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0)

const isoOf = (at: number): string => new Date(performance.timeOrigin + at).toISOString()
