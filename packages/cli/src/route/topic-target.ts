import { setTimeout as delay } from 'node:timers/promises'
import type { ControlClient } from '@grapevine/node/client'
import type { LineInput, PublishView } from '@grapevine/protocol/control'
import type { StreamLog } from './stream-log.ts'
import type { Routed, Target } from './routed.ts'

interface Sending {
  readonly line: LineInput
  readonly settle: () => void
  readonly size: number
}

/** How long to wait before a node that went away is looked for again, in ms. */
const retryMs = { first: 100, max: 5_000 }

/** Publishes on a topic, each message acknowledged by the node before it counts; waits for a node that went away. */
export class TopicTarget implements Target {
  readonly #client: ControlClient
  readonly #topic: string
  readonly #log: StreamLog
  readonly #onPublished: (view: PublishView) => void
  readonly #end = new AbortController()
  /** Sent or to be sent, in order; the first `#sent` of them are with the node. */
  readonly #waiting: Sending[] = []
  #sent = 0
  readonly #waiters = new Set<() => void>()
  #connection = 0
  readonly #work: Promise<void>

  constructor(client: ControlClient, topic: string, log: StreamLog, onPublished: (view: PublishView) => void) {
    this.#client = client
    this.#topic = topic
    this.#log = log
    this.#onPublished = onPublished
    this.#work = this.#run()
  }

  /** Messages that the node has not answered yet. */
  get pending(): number {
    return this.#waiting.length
  }

  send({ payload }: Routed): Promise<void> {
    const text = payload.toString()
    const line = Buffer.from(text).equals(payload) ? { text } : { base64: payload.toString('base64') }
    return new Promise((resolve) => {
      this.#waiting.push({ line, settle: resolve, size: payload.length })
      this.#wake()
    })
  }

  async close(): Promise<void> {
    this.#end.abort()
    this.#wake()
    await this.#work
  }

  async #run(): Promise<void> {
    const { signal } = this.#end
    for (let waitMs = retryMs.first; !signal.aborted; waitMs = Math.min(retryMs.max, 2 * waitMs)) {
      if (this.#waiting.length === 0) await this.#more()
      if (signal.aborted) return
      this.#sent = 0
      const body = this.#lines(++this.#connection)
      try {
        for await (const result of this.#client.stream('publishLines', { topic: this.#topic }, { body, signal })) {
          waitMs = retryMs.first
          this.#sent--
          const { settle, size } = this.#waiting.shift()!
          if ('error' in result) this.#log.refused(`topic ${this.#topic}`, `${result.error.message} (${size} bytes)`)
          else this.#onPublished(result)
          settle()
        }
      } catch (error) {
        if (!signal.aborted) this.#log.away(`topic ${this.#topic}`, error)
      }
      await delay(waitMs, undefined, { signal }).catch(() => undefined)
    }
  }

  /** What waits, for as long as this connection is the last one. */
  async *#lines(connection: number): AsyncGenerator<LineInput, void, undefined> {
    while (!this.#end.signal.aborted && connection === this.#connection) {
      const next = this.#waiting[this.#sent]
      if (next === undefined) {
        await this.#more()
        continue
      }
      this.#sent++
      yield next.line
    }
  }

  async #more(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiters.add(resolve))
  }

  #wake(): void {
    for (const resolve of this.#waiters) resolve()
    this.#waiters.clear()
  }
}
