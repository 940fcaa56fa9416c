import { decodeFetchFrame, encodeFetchFrame, fetchFrameSizeMax, type FetchFrame } from '@grapevine/protocol/fetch'
import type { Action, Event } from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { connectionTo } from '../peer/connection-to.ts'
import { endOfStream } from '../peer/end-of-stream.ts'
import type { ServedChunk } from './body-store.ts'

/** Chunks of bodies: docs/protocol.md, §22. */
const fetchProtocol = '/grapevine/fetch/1'

/** What asking and answering needs. */
export interface FetchStreamsOptions {
  readonly libp2p: Libp2p
  readonly chunk: (root: Uint8Array, index: number) => Promise<ServedChunk | undefined>
  readonly dispatch: (event: Event) => void
  /** A peer sent what is no frame, or an answer that nobody asked for. */
  readonly blame: (peer: string) => void
}

type Frames = ReturnType<typeof lpStream<Stream>>

/** Our stream to a peer, and what was asked for on it. */
interface Asking {
  readonly open: Promise<{ readonly stream: Stream; readonly frames: Frames }>
  readonly refs: Set<number>
  idle: NodeJS.Timeout | undefined
}

const openMsMax = 5_000
/** A peer that takes nothing for this long is given up. */
const stallMs = 30_000
/** A stream on which nothing is asked for this long is closed. */
const idleMs = 10_000
/** Chunks that one peer owes us, those included that we do not wait for any more. */
const refsMax = 64
/** Streams of one peer that are answered, and of all; each takes about three chunks of memory. */
const servedOfPeerMax = 2
const servedMax = 128
/** Questions are short. */
const questionSizeMax = 65_536
/** Bytes of answers that may have come and not be looked at. */
const answersBytesMax = 8 * fetchFrameSizeMax

/** Asks peers for chunks, and gives them those that they ask for, one after the other. */
export class FetchStreams {
  readonly #options: FetchStreamsOptions
  readonly #asking = new Map<string, Asking>()
  readonly #served = new Map<string, number>()
  #servedCount = 0
  /** Bytes of chunks that came, and that peers were given. */
  fetchedBytes = 0
  servedBytes = 0
  #isStopped = false

  constructor(options: FetchStreamsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    await this.#options.libp2p.handle(
      fetchProtocol,
      (stream, connection) => this.#serve(stream, connection).catch((error: Error) => stream.abort(error)),
      { maxInboundStreams: servedOfPeerMax },
    )
  }

  stop(): void {
    this.#isStopped = true
    for (const asking of this.#asking.values()) this.#end(asking)
    this.#asking.clear()
  }

  /** Asks a peer; always answers with `chunk` or `noChunk`, unless the peer is silent. */
  async ask({ ref, peer, root, index }: Action & { type: 'askChunk' }): Promise<void> {
    const asking = this.#asking.get(peer) ?? this.#begin(peer)
    if (asking === undefined || asking.refs.size >= refsMax) return this.#options.dispatch({ type: 'noChunk', ref })
    clearTimeout(asking.idle)
    asking.refs.add(ref)
    try {
      const { frames } = await asking.open
      const question = encodeFetchFrame({ type: 'asks', asks: [{ ref, root, index }] })
      await frames.write(question, { signal: AbortSignal.timeout(stallMs) })
    } catch {
      this.#drop(peer, asking)
    }
  }

  #begin(peer: string): Asking | undefined {
    const connection = connectionTo(this.#options.libp2p, peer)
    if (connection === undefined || this.#isStopped) return undefined
    const open = connection
      .newStream(fetchProtocol, { signal: AbortSignal.timeout(openMsMax) })
      .then((stream) => ({ stream, frames: framesOf(stream, fetchFrameSizeMax, answersBytesMax) }))
    const asking: Asking = { open, refs: new Set(), idle: undefined }
    this.#asking.set(peer, asking)
    void this.#listen(peer, asking)
    return asking
  }

  async #listen(peer: string, asking: Asking): Promise<void> {
    try {
      const { frames } = await asking.open
      for (;;) {
        const frame = decodeFetchFrame((await frames.read()).slice())
        if ((frame?.type !== 'chunk' && frame?.type !== 'lacks') || !asking.refs.delete(frame.ref)) {
          this.#options.blame(peer)
          return this.#drop(peer, asking)
        }
        this.#tell(frame)
        if (asking.refs.size > 0) continue
        asking.idle = setTimeout(() => this.#drop(peer, asking), idleMs)
        asking.idle.unref()
      }
    } catch {
      this.#drop(peer, asking)
    }
  }

  #tell(frame: FetchFrame & { type: 'chunk' | 'lacks' }): void {
    const { ref } = frame
    if (frame.type === 'lacks') return this.#options.dispatch({ type: 'noChunk', ref })
    this.fetchedBytes += frame.bytes.length
    this.#options.dispatch({ type: 'chunk', ref, bytes: frame.bytes, proof: frame.proof })
  }

  /** What was asked for on a stream that is over does not come. */
  #drop(peer: string, asking: Asking): void {
    if (this.#asking.get(peer) !== asking) return
    this.#asking.delete(peer)
    this.#end(asking)
    if (this.#isStopped) return
    for (const ref of asking.refs) this.#options.dispatch({ type: 'noChunk', ref })
  }

  #end({ open, idle }: Asking): void {
    clearTimeout(idle)
    void open.then(
      ({ stream }) => stream.abort(new Error('nothing more is asked')),
      () => undefined,
    )
  }

  async #serve(stream: Stream, { remotePeer }: Connection): Promise<void> {
    const peer = remotePeer.toString()
    const count = this.#served.get(peer) ?? 0
    if (count >= servedOfPeerMax || this.#servedCount >= servedMax) throw new Error('enough streams are answered')
    this.#served.set(peer, count + 1)
    this.#servedCount++
    try {
      await this.#answer(peer, stream)
    } finally {
      this.#servedCount--
      const left = this.#served.get(peer)! - 1
      if (left === 0) this.#served.delete(peer)
      else this.#served.set(peer, left)
    }
  }

  async #answer(peer: string, stream: Stream): Promise<void> {
    const frames = framesOf(stream, questionSizeMax, 2 * questionSizeMax)
    while (!this.#isStopped) {
      const bytes = await frames.read({ signal: AbortSignal.timeout(6 * idleMs) }).catch(endOfStream)
      if (bytes === undefined) return stream.close({ signal: AbortSignal.timeout(openMsMax) })
      const frame = decodeFetchFrame(bytes.slice())
      // What a peer offers here of itself we know from its envelopes.
      if (frame?.type === 'offers') continue
      if (frame?.type !== 'asks') {
        this.#options.blame(peer)
        throw new Error('it is no question')
      }
      for (const { ref, root, index } of frame.asks) {
        const chunk = await this.#options.chunk(root, index)
        const answer: FetchFrame = chunk === undefined ? { type: 'lacks', ref } : { type: 'chunk', ref, ...chunk }
        await frames.write(encodeFetchFrame(answer), { signal: AbortSignal.timeout(stallMs) })
        this.servedBytes += chunk?.bytes.length ?? 0
      }
    }
  }
}

const framesOf = (stream: Stream, maxDataLength: number, maxBufferSize: number): Frames =>
  lpStream(stream, { maxDataLength, maxBufferSize })
