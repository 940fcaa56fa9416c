import { keyOf, type AskedMessage, type CheckedAnswer, type TopicRules } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import type { Wish } from '../store/receipts.ts'
import type { Store } from '../store/store.ts'
import type { ReceiptAsker } from './asker.ts'

/** Who has signed for a message, in the order in which it came. */
export interface Signed {
  readonly peer: string
  /** µs since 1970. */
  readonly storedAt: number
  readonly keepUntil?: number | undefined
}

/** What a collector needs. */
export interface CollectorOptions {
  readonly asker: ReceiptAsker
  readonly store: Store
  readonly log: PartLog
  /** Rules of a held topic. */
  readonly rules: (topic: string) => TopicRules | undefined
  /** Connected peers that subscribe to a held topic. */
  readonly subscribers: (topic: string) => readonly string[]
}

/** How long somebody waits. */
export interface CollectWait {
  readonly timeoutMs: number
  readonly signal?: AbortSignal | undefined
}

interface Want extends Wish {
  readonly name: string
  readonly since: number
  readonly signed: Map<string, Signed>
  /** Somebody waits; else it is a wish, on disk. */
  waiter: (() => void) | undefined
}

/** A pull under way, and how it is woken. */
interface Pull {
  wake: () => void
}

/** Messages in one question: as many as a receipt can name. */
const askedMax = 512
/** A lone peer more than wanted is asked at first, and one more after each of these times. */
const widenMs = 500
const tickMs = 250
const retryMs = { first: 20, waitedFor: 500, wished: 30_000 }
/** How long a peer that keeps nothing of a topic is left alone. */
const muteMs = 10_000
const wantsMax = 100_000

/**
 * Pulls receipts for messages from peers, many messages with one question, until enough have signed. Each receipt is on
 * disk before it counts. What comes too late for whoever waited stays a wish, across restarts.
 */
export class ReceiptCollector {
  readonly #options: CollectorOptions
  readonly #wants = new Map<string, Map<string, Want>>()
  readonly #pulls = new Map<string, Pull>()
  readonly #muted = new Map<string, number>()
  #count = 0
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: CollectorOptions) {
    this.#options = options
  }

  /** Goes on with the wishes of earlier lives. */
  async start(): Promise<void> {
    for (const wish of await this.#options.store.ask('wish.list', undefined)) this.#add(wish)
  }

  /** Whoever waits gets what there is: the node stops, and the rest are wishes of its next life. */
  release(): void {
    for (const wants of this.#wants.values()) for (const { waiter } of wants.values()) waiter?.()
  }

  stop(): void {
    this.#isStopped = true
    clearInterval(this.#timer)
    this.release()
    for (const { wake } of this.#pulls.values()) wake()
  }

  /**
   * Waits until enough peers have signed, or the time is over; then it stays a wish. Resolves to who has signed; rejects
   * with the signal's reason, and then nothing stays. Error `overloaded`.
   */
  async collect(wish: Wish, { timeoutMs, signal }: CollectWait): Promise<readonly Signed[]> {
    if (this.#count >= wantsMax) throw new NodeError('overloaded', `${wantsMax} messages wait for receipts already`)
    const want = this.#add(wish)
    const { promise, resolve } = Promise.withResolvers<void>()
    want.waiter = resolve
    const timer = setTimeout(resolve, timeoutMs)
    signal?.addEventListener('abort', () => resolve(), { once: true })
    this.#kick(wish.topic)
    await promise
    clearTimeout(timer)
    want.waiter = undefined
    if (!isDone(want)) {
      if (signal?.aborted === true) this.#remove(want)
      signal?.throwIfAborted()
      await this.#options.store.call('wish.add', wish).catch(() => this.#remove(want))
    }
    return [...want.signed.values()]
  }

  /** A peer subscribes to a topic: it may be one that is to sign. */
  joined(topic: string): void {
    this.#kick(topic)
  }

  /** What is wanted and nobody waits for, with who has signed so far. */
  wishes(): readonly (Wish & { readonly signed: readonly string[] })[] {
    return [...this.#wants.values()].flatMap((wants) =>
      [...wants.values()].flatMap((want) =>
        want.waiter === undefined ? [{ ...want, signed: [...want.signed.keys()] }] : [],
      ),
    )
  }

  /** Asks again at once. */
  retry(): void {
    for (const topic of this.#wants.keys()) this.#kick(topic)
  }

  #add(wish: Wish): Want {
    let wants = this.#wants.get(wish.topic)
    if (wants === undefined) this.#wants.set(wish.topic, (wants = new Map()))
    let name = keyOf(wish.id)
    // Two who wait for the same content have a want each.
    while (wants.get(name)?.waiter !== undefined) name += '+'
    const known = wants.get(name)
    const want: Want = { ...wish, name, since: performance.now(), signed: new Map(known?.signed), waiter: undefined }
    if (known === undefined) this.#count++
    wants.set(name, want)
    this.#timer ??= setInterval(() => this.#tick(), tickMs).unref()
    return want
  }

  #remove({ topic, name }: Want): void {
    const wants = this.#wants.get(topic)
    if (wants?.delete(name) === true) this.#count--
    if (wants?.size === 0) this.#wants.delete(topic)
    if (this.#count > 0) return
    clearInterval(this.#timer)
    this.#timer = undefined
  }

  #tick(): void {
    for (const topic of this.#wants.keys()) this.#pull(topic)
  }

  /** Asks all who may answer, also those that were to be asked later. */
  #kick(topic: string): void {
    this.#pull(topic)
    for (const peer of this.#options.subscribers(topic)) this.#pulls.get(`${topic}\0${peer}`)?.wake()
  }

  #pull(topic: string): void {
    if (this.#isStopped) return
    for (const peer of this.#options.subscribers(topic)) {
      const name = `${topic}\0${peer}`
      if (this.#pulls.has(name) || this.#wantsOf(topic, peer).length === 0) continue
      const pull: Pull = { wake: () => undefined }
      this.#pulls.set(name, pull)
      void this.#ask(topic, peer, pull)
        .catch((error: unknown) => this.#options.log.warn('cannot keep receipts', { error: String(error) }))
        .finally(() => this.#pulls.delete(name))
    }
  }

  /** What a peer is to be asked about: what it has not signed, and others are not asked about first. */
  #wantsOf(topic: string, peer: string): readonly Want[] {
    if ((this.#muted.get(`${topic}\0${peer}`) ?? 0) > performance.now()) return []
    const rank = this.#options.subscribers(topic).indexOf(peer)
    if (rank < 0) return []
    const found: Want[] = []
    for (const want of this.#wants.get(topic)?.values() ?? []) {
      if (want.signed.has(peer)) continue
      const width = typeof want.wants === 'number' ? want.wants + 1 + (performance.now() - want.since) / widenMs : 0
      const isMeant = typeof want.wants === 'number' ? rank < width : want.wants.includes(peer)
      if (isMeant && found.push(want) === askedMax) break
    }
    return found
  }

  async #ask(topic: string, peer: string, pull: Pull): Promise<void> {
    let waitMs = retryMs.first
    for (;;) {
      // What is wanted in the same turn goes into one question.
      await new Promise((resolve) => setImmediate(resolve))
      const rules = this.#options.rules(topic)
      const wants = this.#wantsOf(topic, peer)
      if (this.#isStopped || rules === undefined || wants.length === 0) return
      const messages = wants.map(({ time, id }): AskedMessage => ({ time, id }))
      const answer = await this.#options.asker.ask(peer, rules, messages, { signed: true })
      if (answer.type === 'unable' || answer.type === 'not-kept' || answer.type === 'refused') {
        this.#mute(`${topic}\0${peer}`)
        return
      }
      if (answer.type === 'held' && answer.held.length > 0) {
        await this.#note(answer, wants, peer)
        waitMs = retryMs.first
        continue
      }
      const isWaitedFor = wants.some(({ waiter }) => waiter !== undefined)
      const isWoken = await this.#sleep(Math.min(waitMs, isWaitedFor ? retryMs.waitedFor : retryMs.wished), pull)
      waitMs = isWoken ? retryMs.first : 2 * waitMs
    }
  }

  /** Makes a receipt durable, then counts it. */
  async #note(
    { held, receipt, bytes }: CheckedAnswer & { type: 'held' },
    wants: readonly Want[],
    peer: string,
  ): Promise<void> {
    if (receipt === undefined || bytes === undefined) return
    const { store } = this.#options
    const named = held.map((index) => wants[index]!)
    const { topic } = named[0]!
    const { storedAt, keepUntil } = receipt.body
    const time = Math.max(...named.map((want) => want.time || storedAt))
    await store.call('receipt.add', { topic, bytes: bytes.slice(), time })
    for (const want of named) {
      want.signed.set(peer, { peer, storedAt, keepUntil })
      if (!isDone(want)) continue
      this.#remove(want)
      if (want.waiter === undefined) void store.call('wish.remove', { topic, id: want.id }).catch(() => undefined)
      want.waiter?.()
    }
  }

  #mute(name: string): void {
    const now = performance.now()
    for (const [known, until] of this.#muted) if (until < now) this.#muted.delete(known)
    this.#muted.set(name, now + muteMs)
  }

  /** Resolves to whether it was woken before its time. */
  #sleep(ms: number, pull: Pull): Promise<boolean> {
    return new Promise((resolve) => {
      const timer = setTimeout(() => resolve(false), ms)
      pull.wake = () => {
        clearTimeout(timer)
        resolve(true)
      }
    })
  }
}

const isDone = ({ wants, signed }: Want): boolean =>
  typeof wants === 'number' ? signed.size >= wants : wants.every((peer) => signed.has(peer))
