import type { ControlClient } from '@grapevine/node/client'
import { until } from '../site.ts'

/** What a reader of a topic got, from when it was opened. */
export class Inbox {
  /** Ids, in the order in which they came first. */
  readonly ids: Set<string> = new Set()
  /** Messages that came again. */
  repeated = 0
  /** Gaps that it was told of. */
  gaps = 0
  readonly #abort = new AbortController()
  #failure: Error | undefined

  private constructor() {}

  /** Resolves once the reader will see what comes. It goes on when its node comes back after a stop. */
  static async open(client: ControlClient, topic: string): Promise<Inbox> {
    const inbox = new Inbox()
    const ready = Promise.withResolvers<void>()
    inbox.#follow(client, topic, ready.resolve).catch((error: unknown) => {
      inbox.#failure = error as Error
      ready.reject(error)
    })
    await ready.promise
    return inbox
  }

  /** Resolves once all of these have come. */
  async has(ids: Iterable<string>, timeoutMs: number): Promise<void> {
    const wanted = [...ids]
    const missing = (): number => {
      if (this.#failure !== undefined) throw this.#failure
      return wanted.filter((id) => !this.ids.has(id)).length
    }
    await until(missing, (count) => count === 0, timeoutMs)
  }

  close(): void {
    this.#abort.abort()
  }

  async #follow(client: ControlClient, topic: string, onReady: () => void): Promise<void> {
    const { signal } = this.#abort
    try {
      for await (const item of client.follow('subscribe', { topic: [topic] }, { signal })) {
        if ('ready' in item) onReady()
        else if ('gap' in item) this.gaps++
        else if (this.ids.has(item.id)) this.repeated++
        else this.ids.add(item.id)
      }
    } catch (error) {
      if (!signal.aborted) throw error
    }
  }
}
