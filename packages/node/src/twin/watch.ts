import { randomBytes } from 'node:crypto'
import { lpStream } from '@libp2p/utils'
import { concatBytes, keyFromPeerId } from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { sign } from '../crypto.ts'
import type { Identity } from '../home/identity.ts'
import { challengeSize, encodeAnswer, lifeBytes, readAnswer, type LifeAnswer } from './answer.ts'

const askProtocol = '/grapevine/life/1'
const tellProtocol = '/grapevine/twin/1'
const frameBytesMax = 256
const timeoutMs = 3_000
/** A restarted peer's old connection may linger; two lives count only if both still answer after this. */
const settleMs = 1_500

/** What the watch needs to know of its node. */
export interface TwinWatchOptions {
  readonly libp2p: Libp2p
  readonly identity: Identity
  readonly networkId: Uint8Array
  readonly epoch: number
  /** Somebody else leads a life under our identity. */
  readonly onTwin: (toldBy: string) => void
}

/**
 * Finds two nodes with one identity. They cannot see each other, but a peer that both are connected to sees two
 * connections of one peer id: it asks over each which life is led there, and if two lives answer at once it passes each
 * one's signed answer to the other. A node believes such an answer only if its own key signed it and it cannot be from
 * an earlier life of its own, so nobody can silence it with an old recording.
 */
export class TwinWatch {
  readonly #options: TwinWatchOptions
  readonly #asking = new Set<string>()
  readonly #timers = new Set<NodeJS.Timeout>()
  readonly #onOpen = ({ detail }: CustomEvent<Connection>): void => this.#opened(detail)

  constructor(options: TwinWatchOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { libp2p } = this.#options
    await libp2p.handle(askProtocol, (stream) => this.#answer(stream), { maxInboundStreams: 2 })
    await libp2p.handle(tellProtocol, (stream, connection) => this.#told(stream, connection), { maxInboundStreams: 2 })
    libp2p.addEventListener('connection:open', this.#onOpen)
  }

  stop(): void {
    this.#options.libp2p.removeEventListener('connection:open', this.#onOpen)
    for (const timer of this.#timers) clearTimeout(timer)
  }

  #opened(connection: Connection): void {
    const peer = connection.remotePeer.toString()
    if (this.#asking.has(peer) || this.#connectionsOf(peer).length < 2) return
    this.#asking.add(peer)
    const timer = setTimeout(() => {
      this.#timers.delete(timer)
      void this.#compare(peer).finally(() => this.#asking.delete(peer))
    }, settleMs)
    timer.unref()
    this.#timers.add(timer)
  }

  async #compare(peer: string): Promise<void> {
    const publicKey = keyFromPeerId(peer)
    if (publicKey === undefined) return
    const challenge = new Uint8Array(randomBytes(challengeSize))
    const lives = await Promise.all(
      this.#connectionsOf(peer).map(async (connection) => ({
        connection,
        answer: await this.#ask(connection, challenge, publicKey).catch(() => undefined),
      })),
    )
    for (const { connection, answer } of lives) {
      const other = lives.find((life) => answer && life.answer && life.answer.epoch !== answer.epoch)?.answer
      if (other !== undefined) await this.#tell(connection, challenge, other).catch(() => undefined)
    }
  }

  async #ask(connection: Connection, challenge: Uint8Array, publicKey: Uint8Array): Promise<LifeAnswer | undefined> {
    const { networkId } = this.#options
    return this.#talk(await connection.newStream(askProtocol), async (frames, signal) => {
      await frames.write(challenge, { signal })
      return readAnswer((await frames.read({ signal })).slice(), { networkId, challenge, publicKey })
    })
  }

  async #answer(stream: Stream): Promise<void> {
    const { identity, networkId, epoch } = this.#options
    await this.#talk(stream, async (frames, signal) => {
      const challenge = (await frames.read({ signal })).slice()
      if (challenge.length !== challengeSize) return
      const time = Date.now() * 1000
      const signature = sign(lifeBytes(networkId, challenge, epoch, time), identity)
      await frames.write(encodeAnswer({ epoch, time, signature }), { signal })
    })
  }

  async #tell(connection: Connection, challenge: Uint8Array, answer: LifeAnswer): Promise<void> {
    await this.#talk(await connection.newStream(tellProtocol), (frames, signal) =>
      frames.write(concatBytes(challenge, encodeAnswer(answer)), { signal }),
    )
  }

  async #told(stream: Stream, connection: Connection): Promise<void> {
    const { identity, networkId, epoch, onTwin } = this.#options
    await this.#talk(stream, async (frames, signal) => {
      const bytes = (await frames.read({ signal })).slice()
      const challenge = bytes.subarray(0, challengeSize)
      const facts = { networkId, challenge, publicKey: identity.publicKey }
      const answer = readAnswer(bytes.subarray(challengeSize), facts)
      // An epoch is the wall clock in ms at the start of a life, or later: an earlier life of ours answered before it.
      const isOwn =
        answer === undefined || answer.epoch === epoch || (answer.epoch < epoch && answer.time <= epoch * 1000)
      if (!isOwn) onTwin(connection.remotePeer.toString())
    })
  }

  async #talk<Result>(
    stream: Stream,
    speak: (frames: ReturnType<typeof lpStream<Stream>>, signal: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const result = await speak(lpStream(stream, { maxDataLength: frameBytesMax, maxBufferSize: 65_536 }), signal)
      await stream.close({ signal })
      return result
    } catch (error) {
      stream.abort(error as Error)
      throw error
    }
  }

  #connectionsOf(peer: string): Connection[] {
    return this.#options.libp2p
      .getConnections()
      .filter(({ remotePeer, status }) => status === 'open' && remotePeer.toString() === peer)
  }
}
