import type { MessageView } from '@grapevine/protocol/control'
import type { ControlClient } from './client.ts'

/** Acknowledgements go out together, after this long in ms or from so many on. */
const gatherMs = 50
const gatherMax = 250
/** In one request. */
const arrivalsMax = 1_000

/**
 * Tells the node which messages of a consumer are done. A message that the node hands out a second time, because it was
 * away in between, is not done a second time while this program runs.
 */
export class Acknowledger {
  readonly #client: ControlClient
  readonly #consumer: string
  readonly #settle: () => Promise<void>
  /** Ids of messages that are being worked on, or are done and the node does not know it yet; true once they are done. */
  readonly #open = new Map<string, boolean>()
  #done: MessageView[] = []
  #session = ''
  #timer: NodeJS.Timeout | undefined
  #sending: Promise<void> = Promise.resolve()

  /** `settle` is awaited before an acknowledgement: what is in the memory of this process is not done yet. */
  constructor(client: ControlClient, consumer: string, settle: () => Promise<void> = async () => undefined) {
    this.#client = client
    this.#consumer = consumer
    this.#settle = settle
  }

  /** The node begins to hand out messages. */
  begin(session: string): void {
    this.#session = session
    this.#done = []
  }

  /** Whether a message is to be worked on. */
  take(message: MessageView): boolean {
    const isDone = this.#open.get(message.id)
    if (isDone === true) this.#push(message)
    if (isDone === undefined) this.#open.set(message.id, false)
    return isDone === undefined
  }

  /** A message was worked on. */
  done(message: MessageView): void {
    this.#open.set(message.id, true)
    this.#push(message)
  }

  /** A message was given up: the node hands it out again another time. */
  failed(message: MessageView): void {
    this.#open.delete(message.id)
  }

  /** Resolves once the node knows of all that is done, or cannot be told. */
  async flush(): Promise<void> {
    clearTimeout(this.#timer)
    this.#timer = undefined
    this.#sending = this.#sending.then(() => this.#send())
    await this.#sending
  }

  #push(message: MessageView): void {
    this.#done.push(message)
    if (this.#done.length === gatherMax) void this.flush()
    else this.#timer ??= setTimeout(() => void this.flush(), gatherMs)
  }

  async #send(): Promise<void> {
    const session = this.#session
    while (this.#done.length > 0 && session === this.#session) {
      const messages = this.#done.splice(0, arrivalsMax)
      await this.#settle()
      const body = { session, arrivals: messages.map(({ arrival = 0 }) => arrival) }
      try {
        await this.#client.call('consumerAck', { consumer: this.#consumer }, { body })
      } catch {
        // The node is gone, or the session is: it hands them out again, and then they are known.
        return
      }
      for (const { id } of messages) this.#open.delete(id)
    }
  }
}
