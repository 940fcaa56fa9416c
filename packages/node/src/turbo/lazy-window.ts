import type { StreamMuxer, StreamMuxerFactory } from '@libp2p/interface'

/** yamux's own number for a stream on which both sides have spoken and that is not paused. */
const established = 3

/** A stream of @libp2p/yamux 8.0.3. */
interface WindowedStream {
  readonly state: number
  /** Bytes that the other side may send before it must wait, at most and now. */
  readonly recvWindow: number
  readonly recvWindowCapacity: number
  sendWindowUpdate(): void
}

/** The method that makes a stream, of either side. */
const opener = '_newStream'

type OpenStream = (...parameters: unknown[]) => WindowedStream

/**
 * Wraps yamux: a stream tells the other side of room for more once half of its window is used, as in Go and Rust. Stock, it
 * tells after every frame, with a frame of its own.
 */
export function lazyWindows<Components>(
  make: (components: Components) => StreamMuxerFactory,
): (components: Components) => StreamMuxerFactory {
  return (components) => {
    const factory = make(components)
    const createStreamMuxer = factory.createStreamMuxer.bind(factory)
    factory.createStreamMuxer = (connection) => {
      const muxer = createStreamMuxer(connection) as StreamMuxer & { [opener]?: OpenStream }
      const open = muxer[opener]?.bind(muxer)
      if (open === undefined) return muxer
      muxer[opener] = (...parameters) => {
        const stream = open(...parameters)
        if (isAsExpected(stream)) delay(stream)
        return stream
      }
      return muxer
    }
    return factory
  }
}

/** Whether a stream has the inner parts that this reaches into; one that has not stays as it is. */
const isAsExpected = (stream: WindowedStream): boolean =>
  typeof stream.state === 'number' &&
  stream.recvWindow > 0 &&
  stream.recvWindowCapacity === stream.recvWindow &&
  typeof stream.sendWindowUpdate === 'function'

function delay(stream: WindowedStream): void {
  const update = stream.sendWindowUpdate.bind(stream)
  stream.sendWindowUpdate = () => {
    const isAmple = stream.state === established && stream.recvWindowCapacity > stream.recvWindow / 2
    if (!isAmple) update()
  }
}
