import { encodeUtf8, type Millis, type PeerId, type Ref, type Sha256 } from '@grapevine/protocol'
import {
  decodeQueryFrame,
  Queries,
  type QueryAction,
  type QueryEvent,
  type QueryLimits,
  type Question,
} from '@grapevine/protocol/query'
import { sign, verify } from '../signature.ts'
import type { Actor, HostId, Port } from '../world.ts'

/** What came back to a question. */
export interface QueryResult {
  readonly acknowledged: Set<PeerId>
  readonly answered: Set<PeerId>
  isOver: boolean
}

/** What all hosts of a world share. */
export interface QueryNetwork {
  readonly networkId: Uint8Array
  readonly sha256: Sha256
  /** Names of owners, by their keys. */
  readonly ownerOf: (host: HostId) => Uint8Array | undefined
  readonly hostOf: (owner: Uint8Array) => PeerId
  readonly linksOf: (host: HostId) => readonly HostId[]
  readonly tagOf: (host: HostId, key: string) => string | undefined
  readonly limits?: Partial<QueryLimits>
  /** How long answering takes, in ms. */
  readonly workMs: Millis
  /** Whether a host keeps answers of others to itself. */
  readonly isSwallower: (host: HostId) => boolean
}

/** A node that asks, passes on, and answers with its name; effects are answered at once. */
export class QueryHost implements Actor<Uint8Array> {
  readonly queries: Queries
  readonly results: Map<Ref, QueryResult> = new Map()
  /** Queries that this host was asked. */
  asked = 0
  readonly #network: QueryNetwork
  readonly #port: Port<Uint8Array>
  readonly #owner: Uint8Array
  #work: { readonly at: Millis; readonly query: Uint8Array }[] = []
  #ref = 0

  constructor(network: QueryNetwork, port: Port<Uint8Array>, now: Millis) {
    const { networkId, sha256, hostOf, ownerOf, tagOf, limits = {} } = network
    this.#network = network
    this.#port = port
    this.#owner = ownerOf(port.id)!
    this.queries = new Queries({
      networkId,
      owner: this.#owner,
      epoch: port.life + 1,
      seed: port.rng.next(),
      now,
      sha256,
      limits,
      peerOf: hostOf,
      ownerOf,
      tagOf: (key) => tagOf(port.id, key),
    })
    this.link(network.linksOf(port.id), now)
  }

  get nextWakeup(): Millis | undefined {
    const next = Math.min(this.queries.nextWakeup ?? Infinity, ...this.#work.map(({ at }) => at))
    return next === Infinity ? undefined : next
  }

  /** Asks; the result fills with what comes back. */
  ask(question: Question, now: Millis): QueryResult {
    const ref = ++this.#ref
    const result: QueryResult = { acknowledged: new Set(), answered: new Set(), isOver: false }
    this.results.set(ref, result)
    this.#tell({ type: 'ask', ref, question, time: wallOf(now) }, now)
    return result
  }

  /** What a question calls a host. */
  idOf(host: HostId): Uint8Array {
    return this.#network.ownerOf(host)!.slice(0, 16)
  }

  /** Who is connected, from now on. */
  link(peers: readonly HostId[], now: Millis): void {
    this.#tell({ type: 'links', peers }, now)
  }

  receive(from: HostId, payload: Uint8Array, now: Millis): void {
    this.#tell({ type: 'frame', peer: from, bytes: payload, wall: wallOf(now) }, now)
  }

  tick(now: Millis): void {
    this.#tell({ type: 'tick' }, now)
    const due = this.#work.filter(({ at }) => at <= now)
    this.#work = this.#work.filter(({ at }) => at > now)
    const body = encodeUtf8(this.#port.id)
    for (const { query } of due) this.#tell({ type: 'answer', query, index: 1, body, isFailed: false }, now)
  }

  #isSwallowed(bytes: Uint8Array): boolean {
    if (!this.#network.isSwallower(this.#port.id)) return false
    const frame = decodeQueryFrame(bytes)
    return frame?.type === 'return' && frame.hops > 0
  }

  #tell(event: QueryEvent, now: Millis): void {
    for (const action of this.queries.handle(event, now)) this.#carryOut(action, now)
  }

  #carryOut(action: QueryAction, now: Millis): void {
    const { sha256, workMs } = this.#network
    switch (action.type) {
      case 'sign':
        return this.#tell({ type: 'signed', ref: action.ref, signature: sign(sha256, this.#owner, action.bytes) }, now)
      case 'verify': {
        const valid = verify(sha256, action.owner, action.bytes, action.signature)
        return this.#tell({ type: 'verified', ref: action.ref, valid }, now)
      }
      case 'send':
        if (this.#isSwallowed(action.bytes)) return
        return this.#port.send(action.peer, action.bytes)
      case 'asked':
        this.asked++
        this.#tell({ type: 'acknowledge', query: action.id, answers: 1 }, now)
        this.#work.push({ at: now + workMs, query: action.id })
        return
      case 'response': {
        const { acknowledged, answered } = this.results.get(action.ref)!
        ;(action.index === 0 ? acknowledged : answered).add(action.responder)
        return
      }
      case 'ended':
        this.results.get(action.ref)!.isOver = true
        return
      case 'asking':
        return
      case 'refused':
      case 'blame':
        throw new RangeError(`host ${this.#port.id}: ${action.type}`)
    }
  }
}

/** All clocks say the same, in µs. */
const wallOf = (now: Millis): number => Math.round(now * 1000) + 1
