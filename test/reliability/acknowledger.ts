import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '@grapevine/node/client'
import type { MessageView } from '@grapevine/protocol/control'

const retryMs = 50
/** What one acknowledgement names at most. */
const acknowledgedMax = 1_000

/** A named consumer that acknowledges everything it gets, and goes on whenever its node is back. */
export class Acknowledger {
  /** Ids of all that came. */
  readonly ids: Set<string> = new Set()
  /** Messages that came again after the node had said that their acknowledgement is kept. */
  repeatedAfter = 0
  /** Messages that came again before that, without being marked. */
  unmarked = 0
  readonly #client: ControlClient
  readonly #acknowledged = new Set<string>()
  readonly #abort = new AbortController()

  private constructor(client: ControlClient) {
    this.#client = client
  }

  /** Resolves once the consumer is there; it begins with the oldest message. */
  static async open(client: ControlClient, topic: string, name: string): Promise<Acknowledger> {
    const opened = new Acknowledger(client)
    await new Promise<void>((resolve) => void opened.#run(topic, name, resolve))
    return opened
  }

  close(): void {
    this.#abort.abort()
  }

  async #run(topic: string, name: string, onReady: () => void): Promise<void> {
    const { signal } = this.#abort
    while (!signal.aborted) {
      await this.#read(topic, name, onReady).catch(() => undefined)
      await sleep(retryMs)
    }
  }

  /** One session, until the node or the reader ends it. */
  async #read(topic: string, name: string, onReady: () => void): Promise<void> {
    const waiting: MessageView[] = []
    let session = ''
    let isAsking = false
    const acknowledge = async (): Promise<void> => {
      if (isAsking) return
      isAsking = true
      while (waiting.length > 0) {
        const some = waiting.splice(0, acknowledgedMax)
        const arrivals = some.map(({ arrival }) => arrival!)
        await this.#client.call('consumerAck', { consumer: name }, { body: { session, arrivals } })
        for (const { id } of some) this.#acknowledged.add(id)
      }
      isAsking = false
    }
    const query = { topic: [topic], consumer: name, all: true }
    for await (const item of this.#client.stream('subscribe', query, { signal: this.#abort.signal })) {
      if ('ready' in item) {
        session = item.consumer!.session
        onReady()
      } else if (!('gap' in item)) {
        this.#note(item)
        waiting.push(item)
        // After a failure the node is gone, and the session with it.
        void acknowledge().catch(() => undefined)
      }
    }
  }

  #note({ id, redelivered }: MessageView): void {
    if (this.#acknowledged.has(id)) this.repeatedAfter++
    else if (this.ids.has(id) && redelivered !== true) this.unmarked++
    this.ids.add(id)
  }
}
