import type { Action, Event, Millis, PeerId, Ref } from '../event.ts'
import type { KeyList } from '../reconcile/key.ts'
import { readOpening, refusalFrame } from '../reconcile/opening.ts'
import type { EndReason, SessionOutput } from '../reconcile/session-output.ts'
import type { Registry } from '../registry.ts'
import { isKept } from '../topic.ts'
import type { Decision } from '../verdict.ts'
import { answerSession, type BeginContext, openSession } from './begin.ts'
import { Schedule } from './schedule.ts'
import { blank, endOf, isTurnedAway, matched, outcomeOf, strayOf, type Demand, type Talk } from './talk.ts'

/** What catching up needs of its machine. */
export interface CatchupContext extends BeginContext {
  readonly self: PeerId
  readonly registry: Registry
  readonly emit: (action: Action) => void
  readonly nextRef: () => Ref
  readonly intervalMs: number
  /** Takes what a peer's store gave; ends in `ingested`. */
  readonly ingest: (event: Event & { type: 'fetched' }, expected: KeyList, now: Millis) => void
  /** Whether more of what a peer's store has can be checked and stored. */
  readonly hasRoom: (peer: PeerId) => boolean
}

/** Sessions at once, and of those that peers open. A session with all its differences takes up to 5 MiB. */
const sessionsMax = 8
const inboundMax = 6
/** Bytes of a session that may wait for its stream before it goes on. */
const unsentMax = 256 << 10

/**
 * Makes stores equal: sessions of reconciliation when a peer appears or comes into the mesh, and in rounds with a random
 * one, each on a stream of its own, one at a time with a peer. What they bring goes the way of live traffic.
 */
export class Catchup {
  readonly #context: CatchupContext
  readonly schedule: Schedule
  readonly #talks = new Map<Ref, Talk>()
  readonly #byPeer = new Map<PeerId, Talk>()
  /** Whether nothing is under way with a peer. */
  readonly #isFree = (peer: PeerId): boolean => !this.#byPeer.has(peer)
  readonly #loads = new Map<Ref, { readonly talk: Talk; readonly keys: KeyList }>()
  readonly #ingesting = new Map<Ref, { readonly talk: Talk; readonly keys: KeyList }>()
  readonly #demands: Demand[] = []
  /** Of the last event. */
  #now: Millis = 0

  constructor(context: CatchupContext) {
    this.#context = context
    this.schedule = new Schedule(context)
  }

  get nextWakeup(): Millis | undefined {
    const { holdings } = this.#context
    let next = this.#talks.size < sessionsMax ? this.schedule.nextAt(this.#isFree) : undefined
    if (this.#talks.size === 0 && this.#demands.length === 0 && !holdings.isBuilding)
      return next === undefined ? undefined : Math.max(next, this.#now)
    const sooner = (at: Millis): void => void (next = Math.min(next ?? Infinity, at))
    for (const talk of this.#talks.values()) sooner(this.#canAdvance(talk) ? this.#now : this.#endOf(talk))
    const isWanted = this.#talks.size < sessionsMax && this.#demands.some(({ peer }) => this.#isFree(peer))
    if (isWanted || holdings.isBuilding) sooner(this.#now)
    return next === undefined ? undefined : Math.max(next, this.#now)
  }

  /** Called with every event of the machine, before what it means for this part. */
  turn(now: Millis): void {
    this.#now = now
  }

  joined({ peer, topic }: Event & { type: 'peer-joined' }, now: Millis): void {
    const rules = this.#context.registry.byWireName(topic)
    if (rules !== undefined && isKept(rules)) this.schedule.joined(peer, rules.name, now)
  }

  left(peer: PeerId): void {
    this.schedule.left(peer)
  }

  released(topic: string): void {
    this.schedule.released(topic)
    for (const talk of this.#talks.values()) if (talk.topic === topic) this.#carry(talk, talk.session?.close() ?? [], 0)
  }

  /** Compares with a peer now, for somebody who waits for `compared`. */
  compare(demand: Demand): void {
    this.#demands.push(demand)
  }

  tick(now: Millis): void {
    this.#context.holdings.buildSome()
    for (const talk of this.#talks.values()) {
      if (now >= this.#endOf(talk)) this.#drop(talk, 'closed', now)
      else if (this.#canAdvance(talk)) this.#carry(talk, talk.session!.advance(), now)
    }
    this.#begin(now)
  }

  opened({ stream, peer, wall }: Event & { type: 'opened' }, now: Millis): void {
    if (stream < 0) return this.#welcome(stream, peer, now)
    const talk = this.#talks.get(stream)
    const rules = talk?.topic === undefined ? undefined : this.#context.registry.byName(talk.topic)
    if (talk === undefined || rules === undefined || !isKept(rules)) {
      if (talk !== undefined) this.#drop(talk, 'closed', now)
      return this.#context.emit({ type: 'close', stream })
    }
    talk.movedAt = now
    talk.session = openSession(this.#context, talk, { rules, wall, now, schedule: this.schedule })
    this.#carry(talk, talk.session.advance(), now)
  }

  frame({ stream, bytes, wall }: Event & { type: 'frame' }, now: Millis): void {
    const talk = this.#talks.get(stream)
    if (talk === undefined) return
    talk.movedAt = now
    if (talk.session === undefined) this.#answer(talk, bytes, wall)
    if (talk.session !== undefined) this.#carry(talk, talk.session.handle(bytes), now, wall)
  }

  /** Bytes of ours have left. */
  flushed({ stream, size }: Event & { type: 'flushed' }, now: Millis): void {
    const talk = this.#talks.get(stream)
    if (talk === undefined) return
    talk.unsent -= size
    talk.movedAt = now
  }

  closed(stream: Ref, now: Millis): void {
    const talk = this.#talks.get(stream)
    if (talk !== undefined) this.#drop(talk, 'peer-closed', now)
  }

  loaded({ ref, records }: Event & { type: 'loaded' }, now: Millis): void {
    const load = this.#loads.get(ref)
    this.#loads.delete(ref)
    if (load === undefined || this.#talks.get(load.talk.stream) !== load.talk) return
    const { talk, keys } = load
    talk.movedAt = now
    this.#carry(talk, talk.session?.loaded(matched(records, keys)) ?? [], now)
  }

  /** What a peer gave is under check: what came with it is not asked for again. */
  ingesting(ref: Ref, keyTime: number, keys: readonly Uint8Array[]): void {
    const session = this.#ingesting.get(ref)?.talk.session
    for (const key of keys) session?.skip(keyTime, key)
  }

  /** What a peer gave was judged; without a decision it is not what was asked for. */
  ingested(ref: Ref, decision: Decision | undefined, now: Millis): void {
    const ingest = this.#ingesting.get(ref)
    if (ingest === undefined) return
    this.#ingesting.delete(ref)
    const { talk, keys } = ingest
    if (decision === undefined || isTurnedAway(decision)) talk.refused += keys.length
    talk.ingesting--
    talk.movedAt = now
    if (decision === undefined) {
      talk.stray ??= strayOf(keys, this.#context.registry.byName(talk.topic!))
      const why = talk.stray === 'unrequested' ? 'peer-broke' : 'closed'
      this.#carry(talk, talk.session?.close(why) ?? [], now)
    } else this.#goOn(talk, now)
    this.#tell(talk)
  }

  /** The disk has taken something. */
  stored(now: Millis): void {
    for (const talk of this.#talks.values()) this.#goOn(talk, now)
  }

  #goOn(talk: Talk, now: Millis): void {
    if (!talk.isAnswered || !this.#context.hasRoom(talk.peer)) return
    talk.isAnswered = false
    this.#carry(talk, talk.session!.next(), now)
  }

  #canAdvance({ session, unsent }: Talk): boolean {
    return session !== undefined && session.busy && unsent < unsentMax
  }

  /** When a session is given up if nothing moves. */
  #endOf(talk: Talk): Millis {
    const { peer, demand } = talk
    const isAwaited = demand?.mode === 'verify' || this.#demands.some((other) => other.peer === peer)
    return endOf(talk, isAwaited)
  }

  #begin(now: Millis): void {
    while (this.#talks.size < sessionsMax) {
      const at = this.#demands.findIndex(({ peer }) => this.#isFree(peer))
      const [demand] = at < 0 ? [] : this.#demands.splice(at, 1)
      const next = demand ?? this.schedule.take(now, this.#isFree)
      if (next === undefined) return
      const stream = this.#context.nextRef()
      const isRound = 'isRound' in next && next.isRound
      this.#add({ ...blank(stream, next.peer, now), topic: next.topic, demand, isRound })
      this.#context.emit({ type: 'open', stream, peer: next.peer })
    }
  }

  /** A peer opened a stream. When both do at once, that of the smaller id stands. */
  #welcome(stream: Ref, peer: PeerId, now: Millis): void {
    const ours = this.#byPeer.get(peer)
    const inbound = [...this.#talks.values()].filter((talk) => talk.stream < 0).length
    const yields = ours !== undefined && ours.stream > 0 && ours.report === undefined && peer < this.#context.self
    if ((ours !== undefined && !yields) || inbound >= inboundMax) return this.#refuse(stream, 'busy')
    if (ours !== undefined) {
      // What somebody waits for comes after the peer's.
      if (ours.demand !== undefined) this.#demands.push(ours.demand)
      // The peer's may be on another topic.
      else this.schedule.done(peer, ours.topic!, 'again', now)
      this.#remove(ours)
      this.#context.emit({ type: 'close', stream: ours.stream })
    }
    this.#add(blank(stream, peer, now))
  }

  /** The first frame of a peer says what it wants to compare. */
  #answer(talk: Talk, bytes: Uint8Array, wall: number): void {
    const { registry } = this.#context
    const opening = readOpening(bytes)
    const rules = opening && registry.byWireName(opening.topic)
    if (rules === undefined || !isKept(rules)) {
      this.#remove(talk)
      return this.#refuse(talk.stream, 'not-held')
    }
    talk.topic = rules.name
    const beginning = { rules, wall, now: this.#now, schedule: this.schedule }
    talk.session = answerSession(this.#context, talk, beginning, opening!.mode)
  }

  #refuse(stream: Ref, code: 'busy' | 'not-held'): void {
    this.#context.emit({ type: 'send', stream, bytes: refusalFrame(code) })
    this.#context.emit({ type: 'close', stream })
  }

  #carry(talk: Talk, outputs: readonly SessionOutput[], now: Millis, wall = 0): void {
    for (const output of outputs) this.#output(talk, output, now, wall)
  }

  #output(talk: Talk, output: SessionOutput, now: Millis, wall: number): void {
    const { emit, nextRef, ingest } = this.#context
    const { stream, peer } = talk
    const topic = talk.topic!
    switch (output.type) {
      case 'send':
        talk.unsent += output.frame.length
        return emit({ type: 'send', stream, bytes: output.frame })
      case 'load': {
        const ref = nextRef()
        this.#loads.set(ref, { talk, keys: output.keys })
        return emit({ type: 'load', ref, topic, keys: output.keys })
      }
      case 'record': {
        const ref = nextRef()
        talk.ingesting++
        talk.fetched += output.keys.length
        this.#ingesting.set(ref, { talk, keys: output.keys })
        return ingest({ type: 'fetched', ref, topic, from: peer, bytes: output.bytes, wall }, output.keys, now)
      }
      case 'answered':
        talk.isAnswered = true
        return this.#goOn(talk, now)
      case 'report':
        talk.report = output.report
        return
      case 'ended':
        emit({ type: 'close', stream })
        // The last record can be the wrong one.
        return this.#drop(talk, talk.stray ?? output.reason, now)
    }
  }

  #drop(talk: Talk, reason: EndReason, now: Millis): void {
    if (this.#talks.get(talk.stream) !== talk) return
    this.#remove(talk)
    const { topic, peer } = talk
    if (reason === 'closed') this.#context.emit({ type: 'close', stream: talk.stream })
    if (topic === undefined) return
    // Who only looks has fetched nothing: what is due stays due.
    if (talk.demand?.mode !== 'verify') this.schedule.done(peer, topic, outcomeOf(reason, talk), now)
    talk.reason = reason
    this.#tell(talk)
  }

  /** Says what came of a session that is over, once all that it brought is judged. */
  #tell({ ingesting, reason, topic, peer, report, demand, fetched, refused }: Talk): void {
    if (reason === undefined || topic === undefined || ingesting > 0) return
    this.#context.emit({ type: 'compared', ref: demand?.ref, peer, topic, reason, report, fetched, refused })
  }

  #add(talk: Talk): void {
    this.#talks.set(talk.stream, talk)
    this.#byPeer.set(talk.peer, talk)
  }

  #remove(talk: Talk): void {
    this.#talks.delete(talk.stream)
    if (this.#byPeer.get(talk.peer) === talk) this.#byPeer.delete(talk.peer)
  }
}
