import { randomInt } from 'node:crypto'
import {
  checkTopicName,
  compareBytes,
  keyFromPeerId,
  shortPeer,
  type AnswerView,
  type QueryItemView,
} from '@grapevine/protocol'
import { matchesTags, parseTagFilter, type TagFilter, tagOfValue } from '@grapevine/protocol/member'
import {
  Queries,
  queryBodySizeMax,
  queryFrameSizeMax,
  queryMembersMax,
  queryRelaysMax,
  queryTagsMax,
  queryTimeoutMsMax,
  type QueryAction,
  type QueryEvent,
} from '@grapevine/protocol/query'
import { entryOf, userPrefix } from '@grapevine/protocol/state'
import type { Libp2p } from '@libp2p/interface'
import { Clockwork } from '../clockwork.ts'
import { sha256, sign } from '../crypto.ts'
import { NodeError } from '../error.ts'
import type { NodeParts } from '../node-parts.ts'
import type { NamedPeer } from '../peer/find-peer.ts'
import { findPeer } from '../peer/find-peer.ts'
import type { Verifier } from '../verify/verifier.ts'
import { Asking } from './asking.ts'
import type { ClusterHost } from '../cluster/cluster-host.ts'
import { FrameStreams } from '../cluster/frame-streams.ts'
import { Links } from '../cluster/links.ts'
import type { AskOptions, QueryApi, Responder } from '../cluster/query-api.ts'
import { Responders } from './responders.ts'

/** What a query host needs of its node. */
export interface QueryHostOptions {
  readonly parts: Pick<NodeParts, 'identity' | 'network' | 'epoch' | 'log'>
  readonly libp2p: Libp2p
  readonly cluster: Pick<ClusterHost, 'replica' | 'membership' | 'isLinked' | 'onTick'>
  readonly verifier: Pick<Verifier, 'verify'>
  /** Whom people may name. */
  readonly known: () => Iterable<NamedPeer>
  /** A peer said what it is answerable for. */
  readonly blame: (peer: string) => void
}

const protocol = '/grapevine/query/1'
/** Answers of many members may come through one peer at once; what does not fit is sent again. */
const frameBounds = {
  frameBytesMax: queryFrameSizeMax,
  burstBytes: 8 << 20,
  bytesPerSecond: 2 << 20,
  waitingBytesMax: 1 << 20,
} as const

const timeoutMsDefault = 5_000
const relaysDefault = 1

/** Asks members, and answers them: the query machine with its clock, its streams and its responders (docs/state.md). */
export class QueryHost implements QueryApi {
  readonly #options: QueryHostOptions
  readonly #self: string
  readonly #clockwork: Clockwork<QueryEvent, QueryAction>
  readonly #streams: FrameStreams
  readonly #links: Links
  readonly #askings = new Map<number, Asking>()
  readonly #responders: Responders
  #lastRef = 0
  /** Of the question that is being put: whether there was too much. */
  #isRefused = false
  #isStopped = false

  constructor(options: QueryHostOptions) {
    const { parts, libp2p, blame } = options
    const { identity, network, epoch } = parts
    this.#options = options
    this.#self = identity.peerId
    const machine = new Queries({
      networkId: network.id,
      owner: identity.publicKey,
      epoch,
      seed: randomInt(2 ** 32 - 1),
      now: performance.now(),
      sha256,
      tagOf: (key) => this.#tagOf(identity.publicKey, key),
    })
    const carryOut = (action: QueryAction): void => this.#carryOut(action)
    this.#clockwork = new Clockwork({ machine, carryOut, tick: () => ({ type: 'tick' }) })
    const onFrame = (peer: string, bytes: Uint8Array): void => {
      this.#links.heard(peer)
      this.#clockwork.dispatch({ type: 'frame', peer, bytes, wall: wallMicros() })
    }
    this.#streams = new FrameStreams({ ...frameBounds, libp2p, protocol, onFrame, onOversize: blame })
    const onChanged = (): void => this.#clockwork.dispatch({ type: 'links', peers: this.#links.peers })
    this.#links = new Links({ libp2p, protocol, onChanged, onLinked: () => undefined })
    this.#responders = new Responders({
      acknowledge: (query, answers) => this.#clockwork.dispatch({ type: 'acknowledge', query, answers }),
      answer: (query, index, body, isFailed) =>
        this.#clockwork.dispatch({ type: 'answer', query, index, body, isFailed }),
    })
  }

  async start(): Promise<void> {
    await this.#streams.start()
    await this.#links.start()
  }

  stop(): void {
    this.#isStopped = true
    this.#responders.close()
    for (const asking of this.#askings.values()) asking.end()
    this.#links.stop()
    this.#streams.stop()
    this.#clockwork.stop()
  }

  async *ask(name: string, body: Uint8Array, options: AskOptions = {}): AsyncGenerator<QueryItemView, void, undefined> {
    const question = this.#questionOf(name, body, options)
    const meant = this.#meant(question)
    const ref = ++this.#lastRef
    const asking = new Asking({ name, meant, onDone: () => asking.end() })
    this.#askings.set(ref, asking)
    const onAbort = (): void => asking.items.end()
    options.signal?.addEventListener('abort', onAbort, { once: true })
    this.#isRefused = false
    this.#clockwork.dispatch({ type: 'ask', ref, question, time: wallMicros() })
    try {
      if (this.#isRefused) throw new NodeError('overloaded', 'this node asks too much', 'it may ask 5 times a second')
      yield* asking.items
    } finally {
      options.signal?.removeEventListener('abort', onAbort)
      this.#askings.delete(ref)
      this.#clockwork.dispatch({ type: 'cancel', ref })
    }
  }

  async request(
    peer: string,
    name: string,
    body: Uint8Array,
    options: Pick<AskOptions, 'timeoutMs' | 'relays' | 'signal'> = {},
  ): Promise<AnswerView> {
    let isHeard = false
    for await (const item of this.ask(name, body, { ...options, peers: [peer] })) {
      if (item.type === 'answer') return item
      if (item.type === 'failed') throw new NodeError('no-answer', `${shortPeer(item.peer)}: ${item.reason}`)
      isHeard ||= item.type === 'acknowledged'
      if (item.type === 'acknowledged' && item.answers === 0)
        throw new NodeError(
          'no-responder',
          `${shortPeer(item.peer)} has no responder for ${name}`,
          `there: grapevine respond ${name} --exec COMMAND`,
        )
    }
    if (this.#isStopped) throw new NodeError('stopped', 'the node is stopping')
    const { timeoutMs = timeoutMsDefault } = options
    const what = isHeard ? 'its responder has not answered' : 'it has not been heard of'
    throw new NodeError('timeout', `${what} within ${timeoutMs / 1000} s`)
  }

  respond(name: string): Responder {
    if (this.#isStopped) throw new NodeError('stopped', 'the node is stopping')
    return this.#responders.open(name)
  }

  responder(id: string): Responder {
    return this.#responders.get(id)
  }

  #questionOf(name: string, body: Uint8Array, options: AskOptions): (QueryEvent & { type: 'ask' })['question'] {
    const { timeoutMs = timeoutMsDefault, relays = relaysDefault, acknowledge = true, peers = [] } = options
    if (this.#isStopped) throw new NodeError('stopped', 'the node is stopping')
    if (!checkTopicName(name).ok)
      throw new NodeError('usage', `no query can be called ${JSON.stringify(name.slice(0, 80))}`)
    if (body.length > queryBodySizeMax)
      throw new NodeError('oversize', `a question has at most ${queryBodySizeMax} bytes, this one ${body.length}`)
    requireWithin('timeoutMs', timeoutMs, 1, queryTimeoutMsMax)
    requireWithin('relays', relays, 0, queryRelaysMax)
    const tags = (options.tags ?? []).map(tagFilterOf)
    requireWithin('tags', tags.length, 0, queryTagsMax)
    const ids = new Map(peers.map((peer) => this.#memberId(peer)).map((id) => [id.join(), id]))
    requireWithin('peers', ids.size, 0, queryMembersMax)
    const members = [...ids.values()].toSorted(compareBytes)
    return { name, body, tags, members, relays, wantsAck: acknowledge, timeoutMs }
  }

  #memberId(peer: string): Uint8Array {
    const key = keyFromPeerId(findPeer(peer, this.#options.known()))
    if (key === undefined) throw new NodeError('usage', `${peer} has a key of another kind, and is no member`)
    return key.slice(0, 16)
  }

  /** Those that are alive and have the tags, as far as we know; ourselves too. */
  #meant({ tags, members }: { tags: readonly TagFilter[]; members: readonly Uint8Array[] }): ReadonlySet<string> {
    const { cluster, parts } = this.#options
    const owners = new Map([[this.#self, parts.identity.publicKey]])
    for (const { peer, owner, status } of cluster.membership.members())
      if (status === 'alive' || status === 'suspect') owners.set(peer, owner)
    const isNamed = (owner: Uint8Array): boolean =>
      members.length === 0 || members.some((id) => compareBytes(id, owner.subarray(0, 16)) === 0)
    const found = [...owners].filter(
      ([, owner]) => isNamed(owner) && matchesTags(tags, (key) => this.#tagOf(owner, key)),
    )
    return new Set(found.map(([peer]) => peer))
  }

  #tagOf(owner: Uint8Array, key: string): string | undefined {
    return tagOfValue(entryOf(this.#options.cluster.replica.stateOf(owner), userPrefix + key)?.value)
  }

  #carryOut(action: QueryAction): void {
    const { parts, verifier, blame } = this.#options
    switch (action.type) {
      case 'sign': {
        const signature = sign(action.bytes, parts.identity)
        return this.#clockwork.dispatch({ type: 'signed', ref: action.ref, signature })
      }
      case 'verify': {
        const { ref, owner, signature, bytes } = action
        return verifier.verify({ message: bytes, signature, author: owner }, (valid) =>
          this.#clockwork.dispatch({ type: 'verified', ref, valid }),
        )
      }
      case 'send':
        return void this.#streams.send(action.peer, action.bytes)
      case 'asked':
        return this.#responders.asked(action)
      case 'asking':
        return this.#askings.get(action.ref)?.began(action.id)
      case 'refused':
        this.#isRefused = true
        return
      case 'response':
        return this.#askings.get(action.ref)?.take(action)
      case 'ended':
        return this.#askings.get(action.ref)?.end()
      case 'blame':
        parts.log.part('query').debug('a peer is to blame', { peer: shortPeer(action.peer), fault: action.fault })
        return blame(action.peer)
    }
  }
}

function tagFilterOf(text: string): TagFilter {
  const tag = parseTagFilter(text)
  if (tag !== undefined) return tag
  throw new NodeError(
    'usage',
    `${JSON.stringify(text.slice(0, 80))} is no filter`,
    'write role=relay, role=re* or role',
  )
}

function requireWithin(name: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return
  throw new NodeError('usage', `${name} must be ${min} to ${max}, and is ${value}`)
}

const wallMicros = (): number => Date.now() * 1000
