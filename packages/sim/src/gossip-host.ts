import {
  gossipId,
  IdTable,
  Machine,
  toHex,
  type Action,
  type Event,
  type Judgement,
  type MachineOptions,
  type Message,
  type Millis,
  type PeerId,
  type Ref,
  type Sha256,
  type TopicRules,
} from '@grapevine/protocol'
import { EventQueue } from './event-queue.ts'
import type { MachineLike } from './record.ts'
import { sign, verify } from './signature.ts'
import type { Actor, Port } from './world.ts'

/** What gossip carries from host to host. Nobody changes `bytes` once they are sent. */
export interface Frame {
  /** The topic's name on the wire. */
  readonly topic: string
  readonly bytes: Uint8Array
}

/** How long an effect takes at most, in ms, drawn uniformly; 0 or absent is at once, before the next event. */
export interface EffectDelays {
  readonly signMs?: number
  readonly verifyMs?: number
  readonly judgeMs?: number
  /** Until the link takes more: what is published meanwhile shares an envelope. */
  readonly gossipMs?: number
}

/** Options of a {@link GossipHost}. */
export interface GossipHostOptions {
  readonly machine: MachineOptions & { readonly sha256: Sha256 }
  readonly port: Port<Frame>
  /** The topic's mesh, by wire name: whom a message goes to. Read at each send. */
  readonly neighbours: (topic: string) => readonly PeerId[]
  /** Judges one message of a judged topic; pure. Default: accept. */
  readonly judge?: (message: Message) => Judgement
  readonly delays?: EffectDelays
  /** The host's wall clock at virtual time 0, in µs since 1970. */
  readonly wallAtStart: number
  /** Ids that gossip remembers at least; see {@link IdTableOptions.idsMin}. Default 2^18, as in the real adapter. */
  readonly gossipIdsMin?: number
  /** Wraps the machine: to record it, or to break it. */
  readonly wrap?: (machine: MachineLike) => MachineLike
  /** Every action, before it is carried out. */
  readonly onAction?: (action: Action, now: Millis) => void
}

interface OpenFrame extends Frame {
  /** Who sent it while its verdict was open: they need no copy. */
  readonly senders: Set<PeerId>
}

/**
 * The protocol machine on a host of a world: carries out its actions as a node does, with a mesh in place of gossipsub.
 * As there, bytes are marked as seen before their verdict, and an accepted frame goes to every neighbour except those
 * that sent it. There is no IHAVE: what a link loses stays lost.
 */
export class GossipHost implements Actor<Frame> {
  readonly machine: MachineLike
  readonly #options: GossipHostOptions
  readonly #seen: IdTable
  readonly #open = new Map<string, OpenFrame>()
  /** Peers whose link is not read, with what has arrived on it meanwhile. */
  readonly #unread = new Map<PeerId, Frame[]>()
  readonly #tasks = new EventQueue<(now: Millis) => void>()
  readonly #events: Event[] = []
  #isBusy = false
  #ref: Ref = 0

  constructor(options: GossipHostOptions) {
    this.#options = options
    const machine = new Machine(options.machine)
    this.machine = options.wrap?.(machine) ?? machine
    this.#seen = new IdTable({ idsMin: options.gossipIdsMin ?? 1 << 18, salt: options.machine.salt })
  }

  /** Publishes so far; the ref of the latest. */
  get publishes(): number {
    return this.#ref
  }

  get nextWakeup(): Millis | undefined {
    const times = [this.#tasks.firstAt, this.machine.nextWakeup].filter((time) => time !== undefined)
    return times.length === 0 ? undefined : Math.min(...times)
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

  receive(from: PeerId, frame: Frame, now: Millis): void {
    const unread = this.#unread.get(from)
    if (unread === undefined) this.#read(from, frame, now)
    else unread.push(frame)
  }

  tick(now: Millis): void {
    while ((this.#tasks.firstAt ?? Infinity) <= now) this.#tasks.pop()!.item(now)
    if ((this.machine.nextWakeup ?? Infinity) <= now) this.#dispatch({ type: 'tick' }, now)
  }

  #read(from: PeerId, frame: Frame, now: Millis): void {
    const { topic, bytes } = frame
    const id = idOf(this.#options.machine.sha256, frame)
    const hex = toHex(id)
    if (this.#seen.add(id)) {
      this.#open.set(hex, { topic, bytes, senders: new Set([from]) })
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
      for (const action of this.machine.handle(next, now)) {
        this.#options.onAction?.(action, now)
        this.#carryOut(action, now)
      }
    }
    this.#isBusy = false
  }

  #carryOut(action: Action, now: Millis): void {
    const { machine, delays = {}, judge } = this.#options
    switch (action.type) {
      case 'sign': {
        const signature = sign(machine.sha256, machine.author, action.bytes)
        return this.#answer({ type: 'signed', ref: action.ref, signature }, delays.signMs, now)
      }
      case 'verify': {
        const valid = verify(machine.sha256, action.author, action.bytes, action.signature)
        return this.#answer({ type: 'verified', ref: action.ref, valid }, delays.verifyMs, now)
      }
      case 'judge': {
        const judgements = action.messages.map((message): Judgement => judge?.(message) ?? { verdict: 'accept' })
        return this.#answer({ type: 'judged', ref: action.ref, judgements }, delays.judgeMs, now)
      }
      case 'gossip': {
        this.#seen.add(idOf(machine.sha256, action))
        const peers = this.#spread(action, action.gossipId, new Set(), now)
        return this.#answer({ type: 'gossiped', ref: action.ref, peers }, delays.gossipMs, now)
      }
      case 'verdict': {
        const frame = this.#open.get(action.gossipId)
        this.#open.delete(action.gossipId)
        if (frame === undefined || action.decision.verdict !== 'accept') return
        this.#spread(frame, action.gossipId, frame.senders, now)
        return
      }
      case 'pause':
        this.#unread.set(action.peer, [])
        return
      case 'resume':
        return this.#resume(action.peer, now)
      // Worlds are of dialect grapevine.
      case 'gossipSigned':
      case 'store':
      case 'ingested':
      case 'load':
      case 'compared':
      case 'open':
      case 'send':
      case 'close':
      case 'deliver':
      case 'published':
      case 'refused':
      case 'impersonated':
        return
    }
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

  #spread({ topic, bytes }: Frame, gossipIdHex: string, except: ReadonlySet<PeerId>, now: Millis): number {
    const { neighbours, port } = this.#options
    const targets = neighbours(topic).filter((peer) => !except.has(peer))
    const frame: Frame = { topic, bytes }
    for (const to of targets) {
      port.send(to, frame)
      this.#dispatch({ type: 'sent', gossipId: gossipIdHex, to }, now)
    }
    return targets.length
  }

  #wall(now: Millis): number {
    // Whole milliseconds, as the clock of a node gives them.
    return this.#options.wallAtStart + Math.floor(now) * 1000
  }
}

/** Bytes pass from host to host as one object, so each id is computed once. */
const ids = new WeakMap<Uint8Array, { readonly topic: string; readonly id: Uint8Array }>()

function idOf(sha256: Sha256, { topic, bytes }: Frame): Uint8Array {
  const known = ids.get(bytes)
  if (known?.topic === topic) return known.id
  const id = gossipId(sha256, topic, bytes)
  ids.set(bytes, { topic, id })
  return id
}
