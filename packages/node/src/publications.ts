import { toHex, type Action, type PublishView, type Ref } from '@grapevine/protocol'
import { NodeError } from './error.ts'

interface Waiting {
  readonly topic: string
  readonly resolve: (view: PublishView) => void
  readonly reject: (error: NodeError) => void
}

/** Publishes on their way: ties the machine's answers to those who wait for them. */
export class Publications {
  readonly #waiting = new Map<Ref, Waiting>()
  #ref: Ref = 0
  #onDrained: (() => void) | undefined
  readonly #isKept: (topic: string) => boolean

  /** `isKept`: whether a topic's messages are on disk, and go out when a peer comes. */
  constructor(isKept: (topic: string) => boolean) {
    this.#isKept = isKept
  }

  /** Registers a publish; `start` gets its ref. */
  add(topic: string, start: (ref: Ref) => void): Promise<PublishView> {
    const ref = ++this.#ref
    return new Promise((resolve, reject) => {
      this.#waiting.set(ref, { topic, resolve, reject })
      start(ref)
    })
  }

  published({ ref, id, peers, duplicate }: Action & { type: 'published' }): void {
    const waiting = this.#take(ref)
    if (waiting === undefined) return
    const state = duplicate ? 'duplicate' : peers > 0 ? 'sent' : this.#isKept(waiting.topic) ? 'queued' : 'local'
    waiting.resolve({ id: toHex(id), topic: waiting.topic, peers, state })
  }

  refused({ ref, code, detail }: Action & { type: 'refused' }): void {
    const waiting = this.#take(ref)
    waiting?.reject(new NodeError(code, detail, refusalHints[code].replace('TOPIC', waiting.topic)))
  }

  /** Resolves once none is under way, or after this many ms. */
  async drain(msMax: number): Promise<void> {
    if (this.#waiting.size === 0) return
    const { promise, resolve } = Promise.withResolvers<void>()
    const timer = setTimeout(resolve, msMax)
    this.#onDrained = resolve
    await promise
    clearTimeout(timer)
  }

  stop(): void {
    for (const { reject } of this.#waiting.values())
      reject(new NodeError('stopped', 'the node stopped before the message was out'))
    this.#waiting.clear()
  }

  #take(ref: Ref): Waiting | undefined {
    const waiting = this.#waiting.get(ref)
    this.#waiting.delete(ref)
    if (this.#waiting.size === 0) this.#onDrained?.()
    return waiting
  }
}

const refusalHints: Record<(Action & { type: 'refused' })['code'], string> = {
  'not-held': 'hold it with: grapevine topic add TOPIC',
  oversize: 'split the message, or publish a reference to it',
  'bad-schema': 'see the rules with: grapevine topic show TOPIC',
  overloaded: 'publish more slowly, or wait for earlier publishes to finish',
  disk: 'free some space; what others publish still passes through this node',
  rejected: 'the topic validator of this node refused it',
  deferred: 'publish it again when what it waits for is here; what its validator does: grapevine topic show TOPIC',
}
