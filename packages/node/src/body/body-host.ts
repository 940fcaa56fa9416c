import { toHex, type Action, type BodiesView, type Event, type Message } from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import type { Effects } from '../driver.ts'
import { NodeError } from '../error.ts'
import type { BodyStore } from './body-store.ts'
import { FetchStreams } from './streams.ts'

/** What carrying out needs. */
export interface BodyHostOptions {
  readonly store: BodyStore
  readonly dispatch: (event: Event) => void
  /** A peer sent what only it is answerable for. */
  readonly blame: (peer: string) => void
}

/** What the machine asks for about bodies. */
export type BodyEffects = Pick<Effects, 'findBody' | 'readBody' | 'saveBody' | 'dropBody' | 'askChunk' | 'blamed'>

/** Messages of a topic without a store whose bodies can be asked for. */
const recentMax = 1_024
const nothing = new Uint8Array(0)

/** Carries out what the machine asks for about bodies: from disk, and from peers. */
export class BodyHost {
  readonly #options: BodyHostOptions
  /** Messages that no store keeps, by topic and id: one topic takes nothing from another. */
  readonly #recent = new Map<string, Map<string, Message>>()
  #streams: FetchStreams | undefined
  #wrong = 0

  constructor(options: BodyHostOptions) {
    this.#options = options
  }

  readonly effects: BodyEffects = {
    findBody: ({ ref, root }) =>
      this.#options.dispatch({ type: 'bodyFound', ref, isHere: this.#options.store.has(root) }),
    readBody: (action) => void this.#read(action),
    saveBody: (action) => void this.#save(action),
    dropBody: ({ root }) => this.#options.store.drop(root),
    askChunk: (action) => this.#ask(action),
    blamed: ({ peer }) => {
      this.#wrong++
      this.#options.blame(peer)
    },
  }

  /** Since the start: bytes of chunks that came and that peers were given, and what was not what its sender said. */
  get counts(): Pick<BodiesView, 'fetchedBytes' | 'servedBytes' | 'wrong'> {
    const { fetchedBytes = 0, servedBytes = 0 } = this.#streams ?? {}
    return { fetchedBytes, servedBytes, wrong: this.#wrong }
  }

  async start(libp2p: Libp2p): Promise<void> {
    const { store, dispatch, blame } = this.#options
    this.#streams = new FetchStreams({ libp2p, chunk: (root, index) => store.chunk(root, index), dispatch, blame })
    await this.#streams.start()
  }

  stop(): void {
    this.#streams?.stop()
  }

  /** Messages go to readers: the bodies of those that no store keeps stay for a while. */
  delivering(messages: readonly Message[]): void {
    for (const message of messages) {
      if (message.fetched === undefined) continue
      this.#options.store.delivered(message.fetched.root, message.arrival !== undefined)
      if (message.arrival !== undefined) continue
      const recent = this.#recent.get(message.topic) ?? new Map<string, Message>()
      const [oldest] = recent.keys()
      if (recent.size >= recentMax && oldest !== undefined) recent.delete(oldest)
      this.#recent.set(message.topic, recent.set(toHex(message.id), { ...message, payload: nothing }))
    }
  }

  /** A message on one of these topics that no store keeps, by its whole id in hex. */
  recent(id: string, topics: readonly string[]): Message | undefined {
    return topics.flatMap((topic) => this.#recent.get(topic)?.get(id) ?? [])[0]
  }

  /** All of a message's payload, up to 32 MiB; undefined if its body is gone, or damaged. */
  async payloadOf({ payload, fetched }: Message): Promise<Uint8Array | undefined> {
    if (fetched === undefined || payload.length === fetched.size) return payload
    return this.#options.store.read(fetched.root, fetched.size).catch(() => undefined)
  }

  /** A body piece by piece. Error `not-found` if it is gone, or damaged: before its first bytes, or behind what was read. */
  async *chunks({ root, size }: NonNullable<Message['fetched']>): AsyncGenerator<Uint8Array, void, void> {
    let read = 0
    for await (const chunk of this.#options.store.chunks(root)) {
      read += chunk.length
      yield chunk
    }
    if (read < size) throw new NodeError('not-found', 'the body is not here any more')
  }

  async #read({ ref, root, size }: Action & { type: 'readBody' }): Promise<void> {
    const bytes = await this.#options.store.read(root, size).catch(() => undefined)
    this.#options.dispatch({ type: 'bodyRead', ref, bytes })
  }

  async #save({ ref, root, bytes, topic, from }: Action & { type: 'saveBody' }): Promise<void> {
    const bringer = from === undefined ? undefined : { topic, from }
    const failure = await this.#options.store.save(root, bytes, bringer).then(
      () => undefined,
      (error: Error) => error.message,
    )
    this.#options.dispatch({ type: 'bodySaved', ref, ...(failure !== undefined && { failure }) })
  }

  #ask(action: Action & { type: 'askChunk' }): void {
    if (this.#streams === undefined) this.#options.dispatch({ type: 'noChunk', ref: action.ref })
    else void this.#streams.ask(action)
  }
}
