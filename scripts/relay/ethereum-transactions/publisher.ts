import type { PublishView } from '@grapevine/protocol/control'
import { type ControlClient, NodeError, type NodeErrorCode } from '@grapevine/node/client'

/** A publish under way. */
interface Pending {
  readonly resolve: (view: PublishView) => void
  readonly reject: (error: unknown) => void
}

/** Publishes that may be under way: with more, callers are told to come back. */
const pendingMax = 4_096

/** Publishes on one topic over one connection, which is made anew when it broke. */
export class Publisher {
  readonly #client: ControlClient
  readonly #topic: string
  readonly #signal: AbortSignal
  #stream: { readonly lines: Lines; readonly pending: Pending[] } | undefined

  constructor(client: ControlClient, topic: string, signal: AbortSignal) {
    this.#client = client
    this.#topic = topic
    this.#signal = signal
  }

  /** Errors: those of the control API; `overloaded` if too much is under way. */
  publish(payload: Uint8Array): Promise<PublishView> {
    const { lines, pending } = (this.#stream ??= this.#open())
    if (pending.length >= pendingMax)
      return Promise.reject(new NodeError('overloaded', 'too many transactions are under way', 'try again'))
    return new Promise((resolve, reject) => {
      pending.push({ resolve, reject })
      lines.push({ base64: Buffer.from(payload).toString('base64') })
    })
  }

  #open(): { readonly lines: Lines; readonly pending: Pending[] } {
    const stream = { lines: new Lines(), pending: [] as Pending[] }
    void this.#follow(stream)
    return stream
  }

  async #follow(stream: { readonly lines: Lines; readonly pending: Pending[] }): Promise<void> {
    const { lines, pending } = stream
    let failure: unknown
    try {
      const options = { body: lines, signal: this.#signal }
      for await (const answer of this.#client.stream('publishLines', { topic: this.#topic }, options)) {
        const { resolve, reject } = pending.shift()!
        if ('error' in answer)
          reject(new NodeError(answer.error.code as NodeErrorCode, answer.error.message, answer.error.hint))
        else resolve(answer)
      }
    } catch (error) {
      failure = error
    }
    if (this.#stream === stream) this.#stream = undefined
    for (const { reject } of pending) reject(failure ?? new NodeError('stopped', 'the node went away'))
  }
}

/** Lines as they come, without end. */
class Lines implements AsyncIterable<{ readonly base64: string }> {
  readonly #waiting: { readonly base64: string }[] = []
  #wake: (() => void) | undefined

  push(line: { readonly base64: string }): void {
    this.#waiting.push(line)
    this.#wake?.()
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<{ readonly base64: string }, void, undefined> {
    for (;;) {
      const line = this.#waiting.shift()
      if (line === undefined) await new Promise<void>((resolve) => (this.#wake = resolve))
      else yield line
    }
  }
}
