import { setTimeout as delay } from 'node:timers/promises'
import type { ControlClient } from '../control/client.ts'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import { feed, textOf } from './feed.ts'
import { definitionOf, isJudged, type Relay, type RelayContext, type RelayTimer, type RelayTopic } from './relay.ts'
import type { RelayState, RelayTopicStatus } from './status.ts'
import { Tally } from './tally.ts'
import { judgeTopic } from './validator.ts'

/** What a relay runs with. */
export interface RelayRunOptions {
  readonly client: ControlClient
  /** A folder that is there. */
  readonly directory: string
  readonly log: PartLog
  readonly signal: AbortSignal
  /** Called once, when histories are through and messages are judged. */
  readonly onReady?: () => void
}

interface TopicRun {
  accepted: number
  readonly verdicts: Record<string, number>
}

/** A relay at work, against the node of a control API. */
export class RelayRuntime {
  readonly #relay: Relay
  readonly #options: RelayRunOptions
  readonly #tally = new Tally()
  readonly #context: RelayContext
  readonly #end = new AbortController()
  readonly #topics = new Map<string, TopicRun>()
  readonly #away = new Set<string>()
  #state: RelayState['state'] = 'starting'
  #failure: Error | undefined

  constructor(relay: Relay, options: RelayRunOptions) {
    this.#relay = relay
    this.#options = options
    const { client, directory, log } = options
    this.#context = {
      name: relay.name,
      directory,
      client,
      signal: AbortSignal.any([options.signal, this.#end.signal]),
      log,
      publish: (topic, body, { parents = [] } = {}) => client.call('publish', { topic, parent: parents }, { body }),
      count: (name, by) => this.#tally.count(name, by),
      gauge: (name, value) => this.#tally.gauge(name, value),
    }
    for (const { name } of relay.topics) this.#topics.set(name, { accepted: 0, verdicts: {} })
  }

  /** For status: what it does now, and what it has counted. */
  get state(): RelayState {
    const topics: Record<string, RelayTopicStatus> = {}
    for (const [name, { accepted, verdicts }] of this.#topics) topics[name] = { accepted, verdicts: { ...verdicts } }
    const isAway = this.#state === 'running' && this.#away.size > 0
    const { counters, gauges } = this.#tally
    return { state: isAway ? 'node-away' : this.#state, topics, counters, gauges }
  }

  /** Runs until the signal, or until something fails that cannot be tried again. */
  async run(): Promise<void> {
    const { onReady, log } = this.#options
    const work: Promise<void>[] = []
    try {
      await this.#relay.start?.(this.#context)
      for (const topic of this.#relay.topics) await this.#define(topic)
      this.#state = 'replaying'
      await this.#feed(work)
      for (const topic of this.#relay.topics) await this.#judge(topic, work)
      if (!this.#context.signal.aborted) {
        this.#state = 'running'
        await this.#relay.ready?.(this.#context)
        for (const timer of this.#relay.timers ?? []) work.push(this.#watch(this.#repeat(timer)))
        onReady?.()
      }
      await Promise.all(work)
    } catch (error) {
      if (!this.#context.signal.aborted || this.#failure !== undefined) throw this.#failure ?? error
    } finally {
      this.#end.abort()
      this.#state = 'stopping'
      await Promise.allSettled(work)
      try {
        await this.#relay.stop?.(this.#context)
      } catch (error) {
        log.error('stop failed', { error: textOf(error) })
      }
    }
    if (this.#failure !== undefined) throw this.#failure
  }

  async #define(topic: RelayTopic<unknown>): Promise<void> {
    const { client } = this.#options
    const { name, onFailure = 'defer' } = topic
    // First who judges: from the moment when it is held, nothing comes unseen.
    if (isJudged(topic)) await client.call('validatorSet', {}, { body: { topic: name, onFailure } })
    await client.call('topicDefine', {}, { body: { definition: definitionOf(topic) } })
  }

  /** Begins to feed what there is, one topic after the other; resolves once the histories are through. */
  async #feed(work: Promise<void>[]): Promise<void> {
    for (const topic of this.#relay.topics) {
      const { name, onAccept } = topic
      if (onAccept === undefined) continue
      const { promise, resolve } = Promise.withResolvers<void>()
      this.#context.signal.addEventListener('abort', () => resolve(), { once: true })
      const run = this.#topics.get(name)!
      const fed = feed({
        relay: this.#context,
        client: this.#options.client,
        topic: { ...topic, onAccept },
        onCaughtUp: resolve,
        onTaken: () => {
          run.accepted++
          this.#away.delete(name)
        },
        onLost: () => this.#lost(name),
        onBack: () => this.#away.delete(name),
      })
      work.push(this.#watch(fed))
      await promise
    }
  }

  async #judge(topic: RelayTopic<unknown>, work: Promise<void>[]): Promise<void> {
    if (!isJudged(topic)) return
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#context.signal.addEventListener('abort', () => resolve(), { once: true })
    const { verdicts } = this.#topics.get(topic.name)!
    const judged = judgeTopic({
      relay: this.#context,
      client: this.#options.client,
      topic,
      onAttached: () => {
        this.#away.delete(`${topic.name} `)
        resolve()
      },
      onVerdict: (verdict) => (verdicts[verdict] = (verdicts[verdict] ?? 0) + 1),
      onLost: () => this.#lost(`${topic.name} `),
    })
    work.push(this.#watch(judged))
    await promise
  }

  async #repeat({ everyMs, run }: RelayTimer): Promise<void> {
    const { signal, log } = this.#context
    while (!signal.aborted) {
      await delay(everyMs, undefined, { signal }).catch(() => undefined)
      if (signal.aborted) return
      try {
        await run(this.#context)
      } catch (error) {
        this.#tally.count('errors')
        log.error('a timer failed', { error: textOf(error) })
      }
    }
  }

  /** The first part that fails ends the others. */
  async #watch(part: Promise<void>): Promise<void> {
    try {
      await part
    } catch (error) {
      this.#failure ??= error instanceof Error ? error : new NodeError('internal', String(error))
      this.#end.abort()
    }
  }

  #lost(name: string): void {
    if (this.#away.size === 0) this.#options.log.warn('the node is away: waiting for it')
    this.#away.add(name)
  }
}
