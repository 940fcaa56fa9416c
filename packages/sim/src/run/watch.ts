import { isBreach, toHex, type Action, type Millis } from '@grapevine/protocol'
import type { DiskEvent } from '../disk.ts'
import type { ScenarioInvariants } from '../scenario-file/scenario-file.ts'
import type { HostId } from '../world.ts'
import type { BookMessage, MessageBook } from './message-book.ts'
import type { ScenarioViolation } from './violation.ts'

/** What a watch needs to know. */
export interface WatchOptions {
  readonly invariants: ScenarioInvariants
  readonly book: MessageBook
  readonly isHonest: (host: HostId) => boolean
  /** Whether what is delivered is on disk. */
  readonly hasDisks: boolean
  /** A message was acknowledged. */
  readonly onAcknowledged: (message: BookMessage) => void
}

/** Looks at every action of every node for what must never happen; the first that does is kept. */
export class Watch {
  violation: ScenarioViolation | undefined
  /** Decisions on envelopes, by reason, and publishes that were refused, by code. */
  readonly counters: Map<string, number> = new Map()
  readonly #options: WatchOptions
  /** The number under which each node delivered last. */
  readonly #last = new Map<number, number>()

  constructor(options: WatchOptions) {
    this.#options = options
  }

  fail(violation: ScenarioViolation): void {
    this.violation ??= violation
  }

  /** Takes one action of the machine of a node. */
  act(node: number, action: Action, now: Millis): void {
    if (action.type === 'deliver') for (const message of action.messages) this.#deliver(node, message, now)
    else if (action.type === 'refused') this.count(`refused ${action.code}`)
    else if (action.type === 'verdict' || action.type === 'ingested' || action.type === 'settled') {
      const { verdict, reason, detail = '' } = action.decision
      this.count(reason)
      if (verdict === 'reject') this.#blame(node, action.from, `rejects ${reason}: ${detail}`, now)
    } else if (action.type === 'compared') {
      const { reason, peer } = action
      if (isBreach(reason) || reason === 'peer-refused') this.#blame(node, peer, `ends a session for ${reason}`, now)
    } else if (action.type === 'impersonated') {
      this.#blame(node, action.from, 'takes its own messages for those of an impostor', now)
    }
  }

  /** A publish was answered with an id. */
  acknowledged(number: number, id: Uint8Array): void {
    const publish = this.#options.book.publishes[number]!
    publish.isAcknowledged = true
    const message = publish.message ?? this.#options.book.find(publish.topic, id)
    publish.message = message
    message.publish ??= publish
    if (!this.#options.hasDisks) this.#options.book.hold(message, publish.node)
    this.#options.onAcknowledged(message)
  }

  /** Takes what happened to the disk of a node. */
  disk(node: number, { type, record }: DiskEvent): void {
    const { book } = this.#options
    for (const message of book.ofRecord(record)) {
      if (type === 'committed') book.hold(message, node)
      else book.lose(message, node)
    }
  }

  /** A node found fault with another. */
  #blame(node: number, other: HostId, what: string, now: Millis): void {
    if (!this.#options.invariants.protocol || !this.#options.isHonest(other)) return
    this.fail({ invariant: 'protocol', node: `n${node}`, atMs: now, detail: `${what}, from ${other}` })
  }

  #deliver(node: number, delivered: (Action & { type: 'deliver' })['messages'][number], now: Millis): void {
    const { book, invariants, hasDisks } = this.#options
    const message = book.deliver(node, delivered, now)
    const about = { node: `n${node}`, atMs: now, message: nameOf(message) }
    if (message.delivered[node] === 1 && invariants.once)
      this.fail({ invariant: 'once', ...about, detail: `delivered again, from ${delivered.from ?? 'itself'}` })
    message.delivered[node] = 1
    if (!hasDisks) return book.hold(message, node)
    const { arrival = 0 } = delivered
    const last = this.#last.get(node) ?? 0
    if (arrival <= last && invariants.order)
      this.fail({ invariant: 'order', ...about, detail: `delivered as number ${arrival}, behind ${last}` })
    this.#last.set(node, Math.max(arrival, last))
  }

  /** A life without a disk is over: the next may deliver all again. */
  forget(node: number): void {
    for (const message of this.#options.book.messages) message.delivered[node] = 0
  }

  /** The state of a node met what no honest one does. */
  stateFault(node: number, what: string, now: Millis): void {
    if (!this.#options.invariants.protocol) return
    this.fail({ invariant: 'protocol', node: `n${node}`, atMs: now, detail: `its state says ${what}` })
  }

  /** Counts something by its name. */
  count(name: string): void {
    this.counters.set(name, (this.counters.get(name) ?? 0) + 1)
  }
}

/** A message as people are told of it. */
export function nameOf({ id, topic, publish }: BookMessage): string {
  const from = publish === undefined ? '' : ` of n${publish.node}`
  return `${toHex(id).slice(0, 12)} on ${topic}${from}`
}
