import type { Event, Millis, PeerId } from '../event.ts'
import { isSame } from '../defer/deferral.ts'
import { Park, type ParkBounds } from '../defer/park.ts'
import { nameOf } from '../defer/plan.ts'
import { chunkCount } from '../fetch/chunk-tree.ts'
import type { BodyProgress } from '../machine-options.ts'
import { shortPeer } from '../peer-id.ts'
import { isContentTopic, type TopicRules } from '../topic.ts'
import { decide, type Decision } from '../verdict.ts'
import type { BodyNeeds } from './body-needs.ts'
import { Downloads, type DownloadsContext } from './downloads.ts'
import { type Bodied, endOf, isOnItsWay, type Job, jobOf, pauseMs, roundsMax } from './job.ts'
import { JobTable } from './job-table.ts'
import { Readings } from './readings.ts'

/** What waiting for bodies needs of its machine. */
export interface BodiesContext<Item> extends DownloadsContext<Item> {
  /** The body is here, in `payload`: have the envelope judged. Ends in {@link Bodies.take}. */
  readonly judge: (item: Item, isChecked: boolean, now: Millis) => void
  /** It is given up. */
  readonly drop: (item: Item, decision: Decision, now: Millis) => void
  /** Who needs a body is noted here when it begins to wait for it. */
  readonly needs: BodyNeeds
  readonly bounds: ParkBounds
  /** How long an envelope may wait for its body in all, in ms. */
  readonly bodyMsMax: Millis
}

/** Peers that are remembered to have one body. */
const sourcesMax = 64

/**
 * What stands between an envelope with a reference and its judgement: its body is looked for on disk, else fetched from the
 * peers that passed the envelope on, checked, saved, and read when there is room in memory to judge it.
 */
export class Bodies<Item extends Bodied> {
  readonly #context: BodiesContext<Item>
  readonly #park: Park<Item>
  readonly #jobs = new JobTable<Item>()
  readonly #downloads: Downloads<Item>
  readonly #readings: Readings<Item>
  #nextAt: Millis = Infinity
  #now: Millis = 0

  constructor(context: BodiesContext<Item>) {
    this.#context = context
    this.#park = new Park(context.bounds)
    this.#downloads = new Downloads(context, this.#jobs, {
      onSaved: (jobs, failure) => this.#saved(jobs, failure),
      onWrong: ({ item }, decision) => this.#give(item, decision),
      onFailed: (job, reason) => this.#rest(job, reason),
    })
    this.#readings = new Readings({
      ...context,
      onHeld: (job, body) => this.#hold(job, body),
      onGone: (job) => this.#gone(job),
    })
  }

  /** Called with every event of the machine, before what it means for this part. */
  turn(now: Millis): void {
    this.#now = now
    this.#downloads.turn(now)
  }

  get count(): number {
    return this.#park.count
  }

  /** Bytes of bodies in memory: those that are not whole, and those that are judged. */
  get bytes(): number {
    return this.#downloads.bytes + this.#readings.bytes
  }

  get nextWakeup(): Millis {
    return Math.min(this.#nextAt, this.#downloads.nextWakeup)
  }

  /** Requests for chunks that timed out. */
  get late(): number {
    return this.#downloads.late
  }

  /** How far the body is that an envelope waits for, by its gossip id. */
  progressOf(gossipId: string): BodyProgress | undefined {
    const job = this.#jobs.ofGossip(gossipId).find(({ state }) => state === 'fetching' || state === 'resting')
    if (job === undefined) return undefined
    const { size } = job.reference
    return { size, of: chunkCount(size), ...(this.#downloads.progressOf(job) ?? { have: 0, peers: [] }) }
  }

  /** Whether an envelope waits here under this part's bounds. */
  has(item: Item): boolean {
    return this.#park.get(item) !== undefined
  }

  /** Whether what a peer offers waits here already: then the peer is one more that has it. As in `Deferral.holds`. */
  holds(rules: Pick<TopicRules, 'name' | 'contentId'>, key: Uint8Array, peer: PeerId): boolean {
    const entries = [...this.#park.named(nameOf(rules.name, key))]
    if (rules.contentId !== undefined) return entries.some(({ item }) => this.#jobs.get(item)!.sources.has(peer))
    for (const { item } of entries) this.#offered(this.#jobs.get(item)!, peer)
    return entries.length > 0
  }

  /** Whether this envelope, or one with the same message, waits here already; then who brings it has the body, too. */
  isWaiting(rules: TopicRules, key: Uint8Array, { gossipId, from }: Pick<Item, 'gossipId' | 'from'>): boolean {
    const items = [...this.#park.named(nameOf(rules.name, key))].map(({ item }) => item)
    const same = items.filter((item) => !isContentTopic(rules) || item.gossipId === gossipId)
    for (const item of same) this.#offered(this.#jobs.get(item)!, from)
    return same.length > 0
  }

  /** A peer has passed on an envelope: it has the body. */
  copied(gossipId: string, from: PeerId): void {
    for (const job of this.#jobs.ofGossip(gossipId)) this.#offered(job, from)
  }

  /** Keeps an envelope until its body is here. It waits if {@link has} says so; else it is given up for this reason. */
  park(item: Item): Decision {
    const { rules, from, keys, cost } = item
    const { name, reference, endsAt } = this.#add(item)
    const waiting = { waits: new Set([name]), dueAt: Infinity, endsAt, because: 'waits' } as const
    const names = keys.map((key) => nameOf(rules.name, key))
    const entry = { ...waiting, item, peer: from, topic: rules.name, cost, names, isJudged: false, isReading: false }
    if (!this.#park.add(entry, (evicted) => this.#give(evicted.item, decide('park-full')))) {
      this.take(item)
      return decide('park-full')
    }
    return decide('body-awaited', `${reference.size} bytes, from ${shortPeer(from)}`)
  }

  /** An envelope that waited for something else, and is not kept here, needs its body again. */
  again(item: Item): void {
    this.#add(item)
  }

  /** Its judgement is there, or it is accepted in another way. */
  take(item: Item): void {
    const job = this.#jobs.remove(item)
    if (job === undefined) return
    this.#park.remove(item)
    this.#readings.delete(job)
    job.state = 'over'
    item.payload = undefined
    if (this.#jobs.named(job.name).length === 0) this.#downloads.forget(job.name)
  }

  /** Messages are accepted: other envelopes with them need not wait. */
  accepted(topic: string, keys: readonly Uint8Array[]): void {
    if (this.#park.count === 0) return
    for (const key of keys)
      for (const { item } of this.#park.named(nameOf(topic, key))) this.#end(item, decide('duplicate'))
  }

  /** A topic has these rules from now on: what waits is judged under them, or is given up where ids differ. */
  held(rules: TopicRules): void {
    for (const { item } of this.#park.values())
      if (item.rules.name === rules.name && !isSame(item.rules, rules))
        this.#end(item, decide('other-definition', 'the topic has other rules now'))
  }

  released(topic: string): void {
    for (const { item } of this.#park.values()) if (item.rules.name === topic) this.#end(item, decide('not-held'))
  }

  /** Answers `findBody`. */
  found(event: Event & { type: 'bodyFound' }): void {
    this.#readings.found(event)
  }

  /** Answers `readBody`. */
  read(event: Event & { type: 'bodyRead' }): void {
    this.#readings.read(event)
  }

  /** Answers `saveBody`; false if it was about another. */
  saved(event: Event & { type: 'bodySaved' }): boolean {
    return this.#downloads.saved(event)
  }

  /** Answers `askChunk`. */
  chunk(event: Event & { type: 'chunk' | 'noChunk' }): void {
    this.#downloads.chunk(event)
  }

  tick(): void {
    this.#downloads.tick()
    if (this.#now < this.#nextAt) return
    this.#nextAt = Infinity
    for (const job of this.#jobs.values()) {
      const { state, item, endsAt } = job
      if (state === 'held' || state === 'reading' || state === 'saving') continue
      if (this.#now >= endsAt) {
        this.#give(item, endOf(job))
        continue
      }
      if (state === 'resting' && this.#now >= job.nextAt) this.#fetch(job)
      this.#wakeAt(Math.min(endsAt, job.state === 'resting' ? job.nextAt : Infinity))
    }
  }

  /** Has judged what there is room for. Called after each event. */
  release(): void {
    if (this.#readings.release()) this.#wakeAt(this.#now)
  }

  #add(item: Item): Job<Item> {
    const job = jobOf(item, this.#now + this.#context.bodyMsMax)
    this.#jobs.add(job)
    this.#context.needs.add(job.reference.root, item)
    this.#wakeAt(job.endsAt)
    this.#readings.find(job)
    return job
  }

  #saved(jobs: readonly Job<Item>[], failure: string | undefined): void {
    for (const job of jobs) {
      if (!isOnItsWay(job)) continue
      if (failure === undefined) this.#came(job)
      else if (job.state !== 'looking') this.#give(job.item, decide('body-unkept', failure))
    }
    if (failure !== undefined) return
    // Other messages that cite the same body need not fetch it, too.
    const saved = jobs[0]?.reference
    if (saved !== undefined)
      for (const job of this.#jobs.ofRoot(saved.root)) {
        if (!isOnItsWay(job) || job.state === 'saving' || job.reference.size !== saved.size) continue
        this.#came(job)
        this.#downloads.forget(job.name)
      }
  }

  /** Its body is on disk. */
  #came(job: Job<Item>): void {
    job.isChecked = job.state === 'saving'
    job.item.hasBody = true
    job.wasSaved = true
    this.#readings.add(job)
    this.#wakeAt(job.endsAt)
    this.#context.journal.note(job.item.entry, { at: this.#now, what: 'rejudged', detail: 'its body is here' })
  }

  #hold(job: Job<Item>, body: Uint8Array): void {
    const { item } = job
    item.payload = body
    item.hasBody = true
    const parked = this.#park.get(item)
    if (parked !== undefined) parked.isJudged = true
    this.#context.judge(item, job.isChecked, this.#now)
  }

  /** It is not here, or cannot be read. */
  #gone(job: Job<Item>): void {
    if (job.wasSaved) this.#give(job.item, decide('body-unkept', 'it was saved, and cannot be read'))
    else this.#fetch(job)
  }

  #fetch(job: Job<Item>): void {
    job.state = 'fetching'
    this.#wakeAt(job.endsAt)
    for (const peer of job.sources) this.#downloads.offer(job, peer)
  }

  #offered(job: Job<Item>, peer: PeerId): void {
    if (job.sources.has(peer) || job.sources.size >= sourcesMax) return
    job.sources.add(peer)
    if (job.state === 'resting') [job.failures, job.state] = [0, 'fetching']
    if (job.state === 'fetching') this.#downloads.offer(job, peer)
  }

  /** Nobody is left to be asked: the same again after a pause, and others as soon as they say to have it. */
  #rest(job: Job<Item>, reason: 'nobody' | 'room'): void {
    if (job.state !== 'fetching') return
    job.lackedRoom = reason === 'room'
    job.failures++
    job.state = 'resting'
    const isOver = job.failures >= roundsMax || job.sources.size === 0
    job.nextAt = isOver ? Infinity : this.#now + pauseMs(job.failures)
    this.#wakeAt(job.nextAt)
  }

  /** Gives an envelope up, unless it is judged. */
  #end(item: Item, decision: Decision): void {
    if (this.#jobs.get(item)?.state !== 'held') this.#give(item, decision)
  }

  #give(item: Item, decision: Decision): void {
    this.take(item)
    this.#context.drop(item, decision, this.#now)
  }

  #wakeAt(at: Millis): void {
    this.#nextAt = Math.min(this.#nextAt, at)
  }
}
