import { sha256 as plainSha256, type Action, type Millis, type Sha256 } from '@grapevine/protocol'
import { Digest } from '../digest.ts'
import type { Rng } from '../rng.ts'
import type { ScenarioFile } from '../scenario-file/scenario-file.ts'
import { Agreement } from './agreement.ts'
import { CopyCount } from './copy-count.ts'
import { startLoads } from './load.ts'
import { MessageBook, type BookMessage } from './message-book.ts'
import { Population, type Witness } from './population.ts'
import { stageOf } from './stage.ts'
import { lateNodes, startEvents } from './timeline.ts'
import type { ScenarioViolation } from './violation.ts'
import { Watch } from './watch.ts'
import { WriteBook } from './write-book.ts'

/** Options of a {@link ScenarioRun} that do not change what comes out. */
export interface ScenarioRunOptions {
  /** A faster SHA-256 than the built-in one. */
  readonly sha256?: Sha256
}

/** Between two looks whether all is as it should be in the end, in ms. */
const lookMs = 1000

/**
 * A scenario under virtual time: {@link advance} until {@link isOver}. The file decides everything: the same seed gives the same
 * {@link trace} on every machine. Throws a RangeError for a latency whose file was not read.
 */
export class ScenarioRun {
  readonly file: ScenarioFile
  readonly population: Population
  readonly book: MessageBook
  readonly writes: WriteBook
  readonly copies: CopyCount
  /** Over all hosts. */
  readonly sent: { packets: number; bytes: number; lost: number } = { packets: 0, bytes: 0, lost: 0 }
  readonly #watch: Watch
  readonly #agreement: Agreement
  readonly #trace = new Digest()
  /** Publishes of each life that wait for their answer, by ref. */
  readonly #waiting = new Map<number, Map<number, number>>()
  /** When something happened to the network last. */
  #disturbedAt: Millis = 0
  #isOver = false

  constructor(file: ScenarioFile, options: ScenarioRunOptions = {}) {
    this.file = file
    const { nodes, invariants, parts } = file
    this.writes = new WriteBook(nodes)
    this.copies = new CopyCount(nodes)
    this.population = new Population(file, options.sha256 ?? plainSha256, this.#witness())
    const { population } = this
    this.book = new MessageBook(nodes, (node) => population.cast.keyOf(node))
    this.#watch = new Watch({
      invariants,
      book: this.book,
      isHonest: (host) => population.cast.isHonest(host),
      hasDisks: parts.includes('reconcile'),
      onAcknowledged: (message) => this.#expect(message),
    })
    this.#agreement = new Agreement({ nodes, invariants, book: this.book, writes: this.writes, population })
    const { world } = population
    population.begin(lateNodes(file))
    this.#start(world.rng.fork('load'), world.rng.fork('events'))
    this.#disturbed()
    world.at(file.durationMs, () => this.#look())
  }

  /** Virtual time, in ms. */
  get now(): Millis {
    return this.population.world.now
  }

  get isOver(): boolean {
    return this.#isOver || this.violation !== undefined
  }

  /** The first invariant that did not hold; the run ends there. */
  get violation(): ScenarioViolation | undefined {
    return this.#watch.violation
  }

  /** 16 hex digits over every packet, delivery and change that was seen. */
  get trace(): string {
    return this.#trace.hex
  }

  /** Decisions of nodes on envelopes by reason, publishes that were refused, members that changed. */
  get counters(): ReadonlyMap<string, number> {
    return this.#watch.counters
  }

  /** Neighbours in the mesh, the mean over all nodes that are up, and topics; 0 without a mesh. */
  get meshSize(): number {
    const sizes = Array.from(
      { length: this.file.nodes },
      (_, node) => this.population.node(node)?.meshSizes ?? [],
    ).flat()
    return sizes.length === 0 ? 0 : sizes.reduce((sum, size) => sum + size, 0) / sizes.length
  }

  /** Goes on for so many ms of virtual time, or to the end. */
  advance(ms: Millis): void {
    const { world } = this.population
    const until = world.now + ms
    while (!this.isOver && world.now < until) {
      // Each step moves the time to what is due next; nothing is lost where that is later.
      if (!world.step()) return
    }
  }

  #witness(): Witness {
    const { sent } = this
    const trace = this.#trace
    return {
      onSent: (from, to, size) => {
        sent.packets++
        sent.bytes += size
        trace.add(this.now).add(from).add(to).add(size)
      },
      onLost: () => void sent.lost++,
      onAction: (node, action, now) => this.#act(node, action, now),
      onDisk: (node, event) => this.#watch.disk(node, event),
      onFrame: (node, { bytes }) => this.copies.came(bytes, node),
      onState: (node, { changes }, now) => {
        for (const { key, value } of changes) {
          if (!key.startsWith('u:w') || value === undefined) continue
          const write = this.writes.see(node, value, now)
          if (write !== undefined) trace.add(now).add(node).add(write.number)
        }
      },
      onMember: (node, { peer, status }, now) => {
        this.#watch.count(`members ${status}`)
        trace.add(now).add(node).add(peer).add(status)
      },
      onFault: (node, action, now) => this.#watch.stateFault(node, action.type, now),
      onLife: (node, isUp) => {
        this.#waiting.set(node, new Map())
        if (!isUp && !this.file.parts.includes('reconcile')) this.#watch.forget(node)
      },
    }
  }

  #act(node: number, action: Action, now: Millis): void {
    this.#watch.act(node, action, now)
    if (action.type === 'gossip') this.copies.published(action.bytes, node)
    else if (action.type === 'deliver') {
      this.#trace.add(now).add(node)
      for (const { id } of action.messages) this.#trace.add(id)
    } else if (action.type === 'published') {
      const number = this.#waiting.get(node)?.get(action.ref)
      if (number !== undefined) this.#watch.acknowledged(number, action.id)
    }
  }

  #start(loads: Rng, events: Rng): void {
    const { population, file, writes } = this
    const { world } = population
    const stage = stageOf(population, () => this.#disturbed())
    const { isUp, at } = stage
    const write = (node: number, key: string, bytes: number): void => {
      const value = writes.write(node, population.lifeOf(node), key, { bytes, at: world.now })
      population.act(node, ({ state }, now) => state?.set(key, value, now))
    }
    const publish = (node: number, topic: string, bytes: number): void => this.#publish(node, topic, bytes)
    startLoads({ file, rng: loads, isUp, at, publish, write })
    startEvents(file, events, stage)
  }

  #publish(node: number, topic: string, bytes: number): void {
    const number = this.book.publishes.length
    const payload = this.book.publish(node, topic, bytes, this.now)
    this.population.act(node, ({ gossip }, now) => {
      // The answer may come before `publish` returns; refs count up.
      this.#waiting.get(node)!.set(gossip!.publishes + 1, number)
      gossip!.publish(topic, payload, now)
    })
  }

  /** A message was acknowledged: it has its time to be everywhere. */
  #expect(message: BookMessage): void {
    const { deliveredWithinMs } = this.file.invariants
    if (deliveredWithinMs === undefined) return
    const dueAt = (): Millis => Math.max(message.publish!.at, this.#disturbedAt) + deliveredWithinMs
    const look = (): void => {
      if (this.now < dueAt()) return this.population.world.at(dueAt(), look)
      const node = this.#agreement.lacking(message)
      if (node !== undefined) this.#watch.fail(this.#agreement.late(message, node))
    }
    this.population.world.at(dueAt(), look)
  }

  /** Something happened to the network: from now on members have their time to notice. */
  #disturbed(): void {
    const { world } = this.population
    const { membersWithinMs } = this.file.invariants
    this.#disturbedAt = world.now
    if (membersWithinMs === undefined) return
    const at = world.now
    world.at(at + membersWithinMs, () => {
      const wrong = this.#disturbedAt === at ? this.#agreement.members() : undefined
      if (wrong !== undefined) this.#watch.fail(wrong)
    })
  }

  /** Nothing happens any more: whether all is as it should be. */
  #look(): void {
    const { durationMs, settleMs } = this.file
    const wrong = this.#agreement.first()
    if (wrong === undefined) this.#isOver = true
    else if (this.now >= durationMs + settleMs) this.#watch.fail(wrong)
    else this.population.world.at(Math.min(this.now + lookMs, durationMs + settleMs), () => this.#look())
  }
}
