import { KeyList, type Event } from '@grapevine/protocol'
import type { PartLog } from '../log/log.ts'
import type { RetentionPolicy } from './retention.ts'
import type { Store } from './store.ts'

/** A topic that is to be kept within limits. */
export interface Kept {
  readonly topic: string
  readonly policy: RetentionPolicy
  /** Its ids come from content. */
  readonly byContent: boolean
}

/** What upkeep needs. */
export interface UpkeepOptions {
  readonly store: Store
  /** Held topics that are kept. */
  readonly topics: () => readonly Kept[]
  readonly tell: (event: Event) => void
  readonly log: PartLog
}

/** How often the limits are looked at: a topic can exceed them by what comes in this time. */
const everyMs = 10_000

/** Holds a store to the limits of its topics, and tells the machine what is gone. */
export class Upkeep {
  readonly #options: UpkeepOptions
  #timer: NodeJS.Timeout | undefined
  #isStopped = false

  constructor(options: UpkeepOptions) {
    this.#options = options
  }

  start(): void {
    this.#timer = setTimeout(() => {
      void this.#round().finally(() => {
        if (!this.#isStopped) this.start()
      })
    }, everyMs)
    this.#timer.unref()
  }

  stop(): void {
    this.#isStopped = true
    clearTimeout(this.#timer)
  }

  async #round(): Promise<void> {
    for (const kept of this.#options.topics()) {
      if (this.#isStopped) return
      try {
        await this.#keep(kept)
      } catch (error) {
        if (!this.#isStopped)
          this.#options.log.warn('the limits of a topic could not be held', { topic: kept.topic, error })
      }
    }
  }

  async #keep({ topic, policy, byContent }: Kept): Promise<void> {
    const { store, tell } = this.#options
    const { floor, authorFloors, gone } = await store.retain(topic, policy, Date.now() * 1000)
    for (const { times, keys } of gone) tell({ type: 'lost', topic, keys: KeyList.of(times, keys) })
    tell({ type: 'floor', topic, time: floor, byContent })
    for (const [author, time] of Object.entries(authorFloors)) {
      tell({ type: 'floor', topic, time, author: Buffer.from(author, 'hex') })
    }
  }
}
