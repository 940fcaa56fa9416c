import type { Millis, Ref } from '@grapevine/protocol'
import type { AnyAction, RecordedEvent } from '@grapevine/protocol/recording'
import { isOwnTopic } from './own-topic.ts'
import type { PlayedStep } from './player.ts'

/** What happened in a recording, counted; messages are those of users. */
export interface ReplayCounts {
  readonly events: Readonly<Record<'machine' | 'cluster', number>>
  /** From the first event to the last, in ms of the node's own time, over all lives. */
  readonly spanMs: Millis
  readonly actions: number
  readonly published: number
  readonly delivered: number
  /** Envelopes by verdict, and by reason; one that was put off counts so first, and once more when it is decided. */
  readonly verdicts: Readonly<Record<string, number>>
  readonly reasons: Readonly<Record<string, number>>
}

/** Counts what is played. */
export class Tally {
  readonly #events = { machine: 0, cluster: 0 }
  readonly #verdicts: Record<string, number> = {}
  readonly #reasons: Record<string, number> = {}
  #spanMs = 0
  #firstAt: Millis | undefined
  #lastAt: Millis = 0
  #actions = 0
  #published = 0
  #delivered = 0
  /** Names on the wire of topics that are nodes' own, and their publishes. */
  readonly #ownTopics = new Set<string>()
  readonly #ownRefs = new Set<Ref>()

  /** A new life begins: its clock is another. */
  life(): void {
    this.#spanMs += this.#lifeMs
    this.#firstAt = undefined
    this.#ownTopics.clear()
    this.#ownRefs.clear()
  }

  step({ step, actions = [] }: PlayedStep): void {
    this.#events[step.part]++
    this.#firstAt ??= step.now
    this.#lastAt = step.now
    this.#actions += actions.length
    if (step.part === 'machine') this.#noteOwn(step.event)
    for (const action of actions) this.#count(action)
  }

  #noteOwn(event: RecordedEvent): void {
    if (event.type === 'hold' && isOwnTopic(event.rules.name)) this.#ownTopics.add(event.rules.wireName)
    else if (event.type === 'publish' && isOwnTopic(event.topic)) this.#ownRefs.add(event.ref)
  }

  #count(action: AnyAction): void {
    if (action.type === 'deliver') {
      if (!isOwnTopic(action.messages[0]?.topic)) this.#delivered += action.messages.length
    } else if (action.type === 'published') {
      if (!this.#ownRefs.has(action.ref)) this.#published++
    } else if (action.type === 'verdict' || action.type === 'settled' || action.type === 'ingested') {
      const { verdict, reason } = action.decision
      // As the counters of the node: of its own topics they tell only what is wrong.
      const isFine = reason === 'valid' || reason === 'duplicate'
      if (isFine && 'topic' in action && this.#ownTopics.has(action.topic)) return
      this.#verdicts[verdict] = (this.#verdicts[verdict] ?? 0) + 1
      this.#reasons[reason] = (this.#reasons[reason] ?? 0) + 1
    }
  }

  get counts(): ReplayCounts {
    return {
      events: { ...this.#events },
      spanMs: this.#spanMs + this.#lifeMs,
      actions: this.#actions,
      published: this.#published,
      delivered: this.#delivered,
      verdicts: { ...this.#verdicts },
      reasons: { ...this.#reasons },
    }
  }

  get #lifeMs(): Millis {
    return this.#firstAt === undefined ? 0 : this.#lastAt - this.#firstAt
  }
}
