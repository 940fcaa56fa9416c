import { peerIdFromString } from '@libp2p/peer-id'
import { lpStream } from '@libp2p/utils'
import type { Action, Event } from '@grapevine/protocol'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { connectionTo } from '../peer/connection-to.ts'
import { endOfStream } from '../peer/end-of-stream.ts'

/** Sessions that make two stores equal: length-prefixed frames of docs/protocol.md on a stream each. */
const reconcileProtocol = '/grapevine/reconcile/1'

/** Whether a peer has said what it speaks, and this is not among it. */
export async function isForeign(libp2p: Libp2p, peerId: string): Promise<boolean> {
  const found = await libp2p.peerStore.get(peerIdFromString(peerId)).catch(() => undefined)
  return found !== undefined && found.protocols.length > 0 && !found.protocols.includes(reconcileProtocol)
}

/** A frame is at most 64 KiB; its length takes 3 bytes. */
const frameBytesMax = 65_536
/** A peer that says nothing for this long is given up: the machine has shorter patience with a session that is slow. */
const silenceMs = 30_000
/** Bytes of ours that may wait for a peer: what it may ask for at once, and some. */
const waitingBytesMax = 4 << 20

type StreamId = number
type Frames = ReturnType<typeof lpStream<Stream>>

interface Open {
  readonly peer: string
  readonly waiting: Uint8Array[]
  waitingBytes: number
  isEnding: boolean
  wake?: () => void
  abort: (reason: string) => void
}

/**
 * The streams of reconciliation: opens what the machine wants to open, and hands it the frames that come. Everything that
 * is decided about them is decided in the machine.
 */
export class ReconcileStreams {
  readonly #libp2p: Libp2p
  readonly #dispatch: (event: Event) => void
  readonly #open = new Map<StreamId, Open>()
  /** Of streams that peers open; the machine numbers its own from 1. */
  #lastInbound: StreamId = 0

  constructor(libp2p: Libp2p, dispatch: (event: Event) => void) {
    this.#libp2p = libp2p
    this.#dispatch = dispatch
  }

  async start(): Promise<void> {
    const onStream = (stream: Stream, { remotePeer }: Connection): Promise<void> =>
      this.#run(--this.#lastInbound, remotePeer.toString(), stream)
    await this.#libp2p.handle(reconcileProtocol, onStream, { maxInboundStreams: 4 })
    this.#libp2p.addEventListener('peer:disconnect', ({ detail }) =>
      this.#dispatch({ type: 'peer-left', peer: detail.toString() }),
    )
  }

  stop(): void {
    for (const { abort } of this.#open.values()) abort('the node stops')
  }

  /** Opens the stream of a session of ours; it ends with `closed` if the peer does not speak this. */
  async open({ stream: id, peer }: Action & { type: 'open' }): Promise<void> {
    try {
      const connection = connectionTo(this.#libp2p, peer)
      if (connection === undefined) throw new Error('it is gone')
      const stream = await connection.newStream(reconcileProtocol, { signal: AbortSignal.timeout(5_000) })
      await this.#run(id, peer, stream)
    } catch {
      this.#dispatch({ type: 'closed', stream: id })
    }
  }

  send({ stream, bytes }: Action & { type: 'send' }): void {
    const open = this.#open.get(stream)
    if (open === undefined) return
    open.waitingBytes += bytes.length
    if (open.waitingBytes > waitingBytesMax) return open.abort('it reads too slowly')
    open.waiting.push(bytes)
    open.wake?.()
  }

  /** Ends a stream after what was sent on it. */
  close({ stream }: Action & { type: 'close' }): void {
    const open = this.#open.get(stream)
    if (open === undefined) return
    open.isEnding = true
    open.wake?.()
  }

  async #run(id: StreamId, peer: string, stream: Stream): Promise<void> {
    const frames = lpStream(stream, { maxDataLength: frameBytesMax, maxBufferSize: 4 * frameBytesMax })
    const open: Open = {
      peer,
      waiting: [],
      waitingBytes: 0,
      isEnding: false,
      abort: (reason) => stream.abort(new Error(reason)),
    }
    this.#open.set(id, open)
    this.#dispatch({ type: 'opened', stream: id, peer, wall: Date.now() * 1000 })
    try {
      await Promise.all([this.#read(id, peer, frames), this.#write(id, open, stream, frames)])
    } catch (error) {
      stream.abort(error as Error)
    } finally {
      this.#open.delete(id)
      this.#dispatch({ type: 'closed', stream: id })
    }
  }

  /** Until the peer ends its side; what it says after we have ended ours is still heard. */
  async #read(id: StreamId, peer: string, frames: Frames): Promise<void> {
    for (;;) {
      const bytes = await readFrame(frames)
      if (bytes === undefined) return this.close({ type: 'close', stream: id })
      this.#dispatch({ type: 'frame', stream: id, peer, bytes, wall: Date.now() * 1000 })
    }
  }

  async #write(id: StreamId, open: Open, stream: Stream, frames: Frames): Promise<void> {
    for (;;) {
      const bytes = open.waiting.shift()
      if (bytes !== undefined) {
        await frames.write(bytes, { signal: AbortSignal.timeout(silenceMs) })
        open.waitingBytes -= bytes.length
        this.#dispatch({ type: 'flushed', stream: id, size: bytes.length })
      } else if (open.isEnding) {
        return stream.close({ signal: AbortSignal.timeout(silenceMs) })
      } else {
        await new Promise<void>((resolve) => {
          open.wake = resolve
        })
      }
    }
  }
}

/** The next frame in a copy of its own, or undefined at the end of the stream. */
async function readFrame(frames: Frames): Promise<Uint8Array | undefined> {
  const bytes = await frames.read({ signal: AbortSignal.timeout(silenceMs) }).catch(endOfStream)
  return bytes?.slice()
}
