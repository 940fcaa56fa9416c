import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { connectionTo } from '../peer/connection-to.ts'
import { type FrameBounds, FrameReader, prefixed } from './frame-reader.ts'

/** What frames of one protocol need. */
export interface FrameStreamsOptions extends FrameBounds {
  readonly libp2p: Libp2p
  readonly protocol: string
  /** Of ours that wait for one peer; beyond it frames are dropped. */
  readonly waitingBytesMax: number
  /** A frame came, over a connection that vouches for its sender. */
  readonly onFrame: (peer: string, bytes: Uint8Array) => void
  /** A peer sent a frame longer than they may be. */
  readonly onOversize: (peer: string) => void
}

/** A peer that takes nothing for this long gets a new stream, once there is something to say. */
const stallMs = 30_000
const openMsMax = 5_000
/** Between two tries to open a stream, in ms. */
const retryMs = 1_000

/** Our stream to a peer. */
interface Outbound {
  readonly waiting: Uint8Array[]
  waitingBytes: number
  stream: Stream | undefined
  isFull: boolean
  isRefused: boolean
  stall: NodeJS.Timeout | undefined
}

/**
 * Frames that may get lost, between peers that are connected: one stream of ours to each, kept open, and one of each to us.
 * What a slow reader leaves waiting is bounded, and so is what is read from a peer, and how fast.
 */
export class FrameStreams {
  /** What went out, without the lengths before frames. */
  readonly sent: { frames: number; bytes: number } = { frames: 0, bytes: 0 }
  readonly #options: FrameStreamsOptions
  readonly #outbound = new Map<string, Outbound>()
  readonly #inbound = new Map<string, Stream>()
  readonly #onGone = ({ detail }: CustomEvent<{ toString(): string }>): void => this.#gone(detail.toString())
  #isStopped = false

  constructor(options: FrameStreamsOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const { libp2p, protocol } = this.#options
    await libp2p.handle(protocol, (stream, { remotePeer }) => this.#serve(stream, remotePeer.toString()), {
      maxInboundStreams: 2,
    })
    libp2p.addEventListener('peer:disconnect', this.#onGone)
  }

  stop(): void {
    this.#isStopped = true
    this.#options.libp2p.removeEventListener('peer:disconnect', this.#onGone)
    for (const peer of [...this.#outbound.keys(), ...this.#inbound.keys()]) this.#gone(peer)
  }

  /** False if there is no connection to the peer: nothing is dialled here. */
  send(peer: string, frame: Uint8Array): boolean {
    if (this.#isStopped) return false
    const { waitingBytesMax } = this.#options
    const outbound = this.#outbound.get(peer) ?? this.#open(peer)
    if (outbound === undefined) return false
    if (outbound.isRefused || outbound.waitingBytes + frame.length > waitingBytesMax) return true
    outbound.waiting.push(frame)
    outbound.waitingBytes += frame.length
    this.#flush(outbound)
    return true
  }

  /** Whether a frame for this peer would go out at once. */
  isReady(peer: string): boolean {
    const outbound = this.#outbound.get(peer)
    return outbound?.stream !== undefined && !outbound.isFull && outbound.waiting.length === 0
  }

  /** Whether nothing of ours waits for this peer here. */
  isFlushed(peer: string): boolean {
    return (this.#outbound.get(peer)?.waitingBytes ?? 0) === 0
  }

  #open(peer: string): Outbound | undefined {
    const connection = connectionTo(this.#options.libp2p, peer)
    if (connection === undefined) return undefined
    const outbound: Outbound = {
      waiting: [],
      waitingBytes: 0,
      stream: undefined,
      isFull: false,
      isRefused: false,
      stall: undefined,
    }
    this.#outbound.set(peer, outbound)
    void this.#begin(peer, outbound, connection)
    return outbound
  }

  async #begin(peer: string, outbound: Outbound, connection: Connection): Promise<void> {
    try {
      const stream = await connection.newStream(this.#options.protocol, { signal: AbortSignal.timeout(openMsMax) })
      if (this.#outbound.get(peer) !== outbound) return stream.abort(new Error('it is not needed any more'))
      outbound.stream = stream
      stream.addEventListener('drain', () => {
        outbound.isFull = false
        clearTimeout(outbound.stall)
        this.#flush(outbound)
      })
      stream.addEventListener('close', () => this.#drop(peer, outbound))
      // Nothing is said the other way.
      stream.addEventListener('message', () => stream.abort(new Error('an answer that nobody asked for')))
      this.#flush(outbound)
    } catch {
      // It does not speak this, or is gone: what is said in the next second is lost too.
      outbound.isRefused = true
      outbound.waiting.splice(0)
      outbound.waitingBytes = 0
      outbound.stall = setTimeout(() => this.#drop(peer, outbound), retryMs)
      outbound.stall.unref()
    }
  }

  #flush(outbound: Outbound): void {
    const { stream, waiting } = outbound
    if (stream === undefined) return
    while (!outbound.isFull && waiting.length > 0) {
      const frame = waiting.shift()!
      outbound.waitingBytes -= frame.length
      try {
        outbound.isFull = !stream.send(prefixed(frame))
        this.sent.frames++
        this.sent.bytes += frame.length
      } catch (error) {
        return stream.abort(error as Error)
      }
      if (!outbound.isFull) continue
      clearTimeout(outbound.stall)
      outbound.stall = setTimeout(() => stream.abort(new Error('it reads nothing')), stallMs)
      outbound.stall.unref()
    }
  }

  #drop(peer: string, outbound: Outbound): void {
    clearTimeout(outbound.stall)
    if (this.#outbound.get(peer) === outbound) this.#outbound.delete(peer)
  }

  /** A second stream of a peer takes the place of the first. */
  #serve(stream: Stream, peer: string): void {
    const { onFrame, onOversize } = this.#options
    this.#inbound.get(peer)?.abort(new Error('there is a newer stream'))
    this.#inbound.set(peer, stream)
    const reader = new FrameReader(this.#options, performance.now())
    let rest: NodeJS.Timeout | undefined
    stream.addEventListener('message', ({ data }) => {
      if (this.#isStopped) return
      const frames = reader.take(data.subarray())
      if (frames === undefined) {
        stream.abort(new Error('the frame is too long'))
        return onOversize(peer)
      }
      for (const frame of frames) onFrame(peer, frame)
      const restMs = reader.restMs(performance.now())
      if (restMs === 0 || stream.status !== 'open') return
      stream.pause()
      rest = setTimeout(() => stream.status === 'open' && stream.resume(), restMs)
      rest.unref()
    })
    stream.addEventListener('remoteCloseWrite', () => void stream.close().catch(() => undefined))
    stream.addEventListener('close', () => {
      clearTimeout(rest)
      if (this.#inbound.get(peer) === stream) this.#inbound.delete(peer)
    })
  }

  #gone(peer: string): void {
    const outbound = this.#outbound.get(peer)
    if (outbound !== undefined) this.#drop(peer, outbound)
    const ended = new Error('the peer is gone')
    outbound?.stream?.abort(ended)
    this.#inbound.get(peer)?.abort(ended)
    this.#inbound.delete(peer)
  }
}
