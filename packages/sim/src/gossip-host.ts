import {
  IdTable,
  Machine,
  type Action,
  type Event,
  type KeyList,
  type Millis,
  type PeerId,
  type Ref,
  type SessionMode,
  type TopicRules,
} from '@grapevine/protocol'
import { type BodyEffectsOptions, carryOutBody } from './body-effects.ts'
import { EventQueue } from './event-queue.ts'
import { effectOf } from './gossip-effect.ts'
import type { GossipHostOptions } from './gossip-host-options.ts'
import { idOf } from './frame-id.ts'
import type { Frame, Packet } from './packet.ts'
import type { MachineLike } from './record.ts'
import { Streams } from './streams.ts'
import type { Actor } from './world.ts'

/** A machine that has more to do gets its next turn after this long, in ms. */
const turnMs = 1
/** A question for messages by their ids takes so long to a peer, and its answer back. */
const askMs = 30

interface OpenFrame extends Frame {
  /** Who sent it while its verdict was open: they need no copy. */
  readonly senders: Set<PeerId>
}

/**
 * The protocol machine on a host of a world: carries out its actions as a node does, with a mesh in place of gossipsub,
 * a disk and {@link Streams}. As in a node, bytes are marked as seen before their verdict, and an accepted frame goes to every neighbour except those
 * that sent it. Without a router there is no IHAVE: what a link loses stays lost.
 */
export class GossipHost implements Actor<Packet> {
  readonly machine: MachineLike
  readonly streams: Streams
  readonly #options: GossipHostOptions
  readonly #seen: IdTable
  readonly #open = new Map<string, OpenFrame>()
  /** Peers whose link is not read, with what has arrived on it meanwhile. */
  readonly #unread = new Map<PeerId, Frame[]>()
  readonly #tasks = new EventQueue<(now: Millis) => void>()
  readonly #events: Event[] = []
  readonly #bodyEffects: BodyEffectsOptions
  #isBusy = false
  #ref: Ref = 0
  #tickedAt: Millis = -Infinity
  #vainTicks = 0
  /** What the machine says of its next wake-up; undefined: it is to be asked. */
  #wakeAt: Millis | undefined

  constructor(options: GossipHostOptions) {
    this.#options = options
    const machine = new Machine(options.machine)
    this.machine = options.wrap?.(machine) ?? machine
    this.#seen = new IdTable({ idsMin: options.gossipIdsMin ?? 1 << 18, salt: options.machine.salt })
    const { port, bodies = new Map(), bodiesOf = () => undefined } = options
    const dispatch = (event: Event, now: Millis): void => this.#dispatch(event, now)
    this.#bodyEffects = { sha256: options.machine.sha256, bodies, bodiesOf, dispatch, after: this.#after }
    this.streams = new Streams({
      self: port.id,
      life: port.life,
      send: (to, packet) => port.send(to, packet),
      after: this.#after,
      dispatch,
      wall: (now) => this.#wall(now),
      resendMs: options.resendMs ?? 200,
    })
  }

  /** Publishes so far; the ref of the latest. */
  get publishes(): number {
    return this.#ref
  }

  /** Turns in a row that the machine asked for and did nothing with. */
  get vainTicks(): number {
    return this.#vainTicks
  }

  get nextWakeup(): Millis | undefined {
    const at = Math.min(this.#tasks.firstAt ?? Infinity, this.#tickAt)
    return at === Infinity ? undefined : at
  }

  /** Hands the machine what is on the disk. To be called once, before the first `hold`. */
  mount(now: Millis, phantoms?: ReadonlyMap<string, KeyList>): void {
    const dispatch = (event: Event, then: Millis): void => this.#dispatch(event, then)
    this.#options.disk?.mount({ rng: this.#options.port.rng, after: this.#after, dispatch }, now, phantoms)
  }

  /** A peer takes part in a topic, by wire name, from now on. */
  joined(peer: PeerId, topic: string, now: Millis): void {
    this.#dispatch({ type: 'peer-joined', peer, topic }, now)
  }

  /** The link to a peer is gone, and its streams with it. */
  left(peer: PeerId, now: Millis): void {
    this.streams.broken(peer, now)
    this.#dispatch({ type: 'peer-left', peer }, now)
  }

  /** Compares with a peer; a `compared` action with the ref that is returned follows. */
  compare(peer: PeerId, topic: string, mode: SessionMode, now: Millis): Ref {
    const ref = ++this.#ref
    this.#dispatch({ type: 'compare', ref, peer, topic, mode }, now)
    return ref
  }

  hold(rules: TopicRules, now: Millis): void {
    this.#dispatch({ type: 'hold', rules }, now)
  }

  release(topic: string, now: Millis): void {
    this.#dispatch({ type: 'release', topic }, now)
  }

  /** Publishes one message; a `published` or `refused` action with this ref follows. */
  publish(topic: string, payload: Uint8Array, now: Millis): Ref {
    const ref = ++this.#ref
    this.#dispatch({ type: 'publish', ref, topic, payload, time: this.#wall(now) }, now)
    return ref
  }

  /** Whether these bytes were seen, by their gossip id. */
  hasSeen(id: Uint8Array): boolean {
    return this.#seen.has(id)
  }

  /** Sends a frame to one peer. */
  give(to: PeerId, frame: Frame, gossipId: string, now: Millis): void {
    this.#options.port.send(to, frame)
    this.#dispatch({ type: 'sent', gossipId, to }, now)
  }

  receive(from: PeerId, packet: Packet, now: Millis): void {
    if (!('topic' in packet)) return this.streams.receive(from, packet, now)
    const unread = this.#unread.get(from)
    if (unread === undefined) this.#read(from, packet, now)
    else unread.push(packet)
  }

  tick(now: Millis): void {
    for (;;) {
      if ((this.#tasks.firstAt ?? Infinity) <= now) this.#tasks.pop()!.item(now)
      else if (this.#tickAt <= now) this.#turn(now)
      else return
    }
  }

  /** When the machine has its next turn. Asked for often, and of the machine once after each event. */
  get #tickAt(): Millis {
    this.#wakeAt ??= this.machine.nextWakeup ?? Infinity
    return Math.max(this.#wakeAt, this.#tickedAt + turnMs)
  }

  #turn(now: Millis): void {
    this.#tickedAt = now
    this.#vainTicks++
    this.#dispatch({ type: 'tick' }, now)
  }

  /** Runs something later; nothing if the host crashes before. */
  readonly #after = (delayMs: Millis, run: (now: Millis) => void, now: Millis): void =>
    this.#tasks.push(now + delayMs, run)

  #read(from: PeerId, frame: Frame, now: Millis): void {
    const { topic, bytes } = frame
    const { id, hex } = idOf(this.#options.machine.sha256, frame)
    if (this.#seen.add(id)) {
      this.#open.set(hex, { topic, bytes, senders: new Set([from]) })
      this.#options.router?.arrived(frame, hex, from)
      this.#dispatch({ type: 'received', topic, from, gossipId: hex, bytes, wall: this.#wall(now) }, now)
    } else {
      this.#open.get(hex)?.senders.add(from)
      this.#dispatch({ type: 'copied', gossipId: hex, from }, now)
    }
  }

  /** One event at a time: what an effect answers at once waits until the actions before it are done. */
  #dispatch(event: Event, now: Millis): void {
    this.#events.push(event)
    if (this.#isBusy) return
    this.#isBusy = true
    for (let next = this.#events.shift(); next !== undefined; next = this.#events.shift()) {
      this.#wakeAt = undefined
      for (const action of this.machine.handle(next, now)) {
        this.#vainTicks = 0
        this.#options.onAction?.(action, now)
        this.#carryOut(action, now)
      }
    }
    this.#isBusy = false
    this.#options.onSettled?.(this, now)
  }

  #carryOut(action: Action, now: Millis): void {
    const { machine, delays = {}, tamper } = this.#options
    switch (action.type) {
      case 'sign':
      case 'verify':
      case 'judge':
        return this.#answer(effectOf(action, this.#options), delays[`${action.type}Ms`], now)
      case 'gossip': {
        this.#seen.add(idOf(machine.sha256, action).id)
        const peers = this.#spread(action, action.gossipId, undefined, now)
        return this.#answer({ type: 'gossiped', ref: action.ref, peers }, delays.gossipMs, now)
      }
      case 'verdict': {
        const frame = this.#open.get(action.gossipId)
        this.#open.delete(action.gossipId)
        if (action.decision.verdict === 'accept' && frame) this.#spread(frame, action.gossipId, frame.senders, now)
        return
      }
      case 'settled':
        if (action.bytes === undefined) return
        this.#spread({ topic: action.topic, bytes: action.bytes }, action.gossipId, new Set([action.from]), now)
        return
      case 'want':
        return this.#want(action, now)
      case 'pause':
        this.#unread.set(action.peer, [])
        return
      case 'resume':
        return this.#resume(action.peer, now)
      case 'store':
        return this.#options.disk?.keep(action, now)
      case 'load':
        return this.#options.disk?.load(action, now)
      case 'open':
        return this.streams.open(action.stream, action.peer, now)
      case 'send':
        for (const frame of tamper?.(action.bytes) ?? [action.bytes]) this.streams.send(action.stream, frame, now)
        return
      case 'close':
        return this.streams.close(action.stream, now)
      case 'findBody':
      case 'readBody':
      case 'saveBody':
      case 'dropBody':
      case 'askChunk':
      case 'blamed':
        return carryOutBody(action, this.#bodyEffects, now)
      // Worlds are of dialect grapevine.
      case 'gossipSigned':
      case 'ingested':
      case 'compared':
      case 'deliver':
      case 'published':
      case 'refused':
      case 'impersonated':
        return
    }
  }

  /** The peer answers from what it has at the end of half the way. */
  #want(action: Action & { type: 'want' }, now: Millis): void {
    const answer = (then: Millis): void => {
      const envelopes = this.#options.ask?.(action) ?? []
      const found: Event = { type: 'found', ref: action.ref, envelopes, wall: this.#wall(then) }
      this.#after(askMs, (last) => this.#dispatch(found, last), then)
    }
    this.#after(askMs, answer, now)
  }

  /** Reads what waits, which may pause the peer again. */
  #resume(peer: PeerId, now: Millis): void {
    const waiting = this.#unread.get(peer) ?? []
    this.#unread.delete(peer)
    for (const frame of waiting) this.#tasks.push(now, () => this.receive(peer, frame, now))
  }

  #answer(event: Event, delayMs: number | undefined, now: Millis): void {
    const delay = delayMs === undefined ? 0 : this.#options.port.rng.unit() * delayMs
    if (delay > 0) this.#tasks.push(now + delay, (then) => this.#dispatch(event, then))
    else this.#dispatch(event, now)
  }

  /** To the mesh, but for who has it already; absent: it is our own. */
  #spread({ topic, bytes }: Frame, gossipId: string, except: ReadonlySet<PeerId> | undefined, now: Millis): number {
    const { neighbours, router } = this.#options
    const frame: Frame = { topic, bytes }
    const all = router?.targets(frame, gossipId, except === undefined) ?? neighbours(topic)
    const targets = all.filter((peer) => except?.has(peer) !== true)
    for (const to of targets) this.give(to, frame, gossipId, now)
    return targets.length
  }

  #wall(now: Millis): number {
    // Whole milliseconds, as the clock of a node gives them.
    return this.#options.wallAtStart + Math.floor(now) * 1000
  }
}
