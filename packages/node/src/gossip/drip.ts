import { StreamMessageEvent, type Stream } from '@libp2p/interface'

/** Bytes that a stream hands over in one turn of the event loop: about 80 of the smallest envelopes. */
const turnBytes = 16 << 10

/** A stream of @libp2p/utils 7.4.1 with the inner parts that this reaches into. */
interface Inner extends Stream {
  readonly readBuffer: {
    readonly byteLength: number
    sublist(from: number, to: number): ConstructorParameters<typeof StreamMessageEvent>[0]
    consume(count: number): void
  }
  dispatchReadBuffer(): void
}

const dripping = new WeakSet<Stream>()

/**
 * Lets a stream that is resumed hand over what gathered meanwhile little by little, so that it can be paused again in
 * between. Stock, it hands over all at once: the 1 MiB of a full window is 5,000 small envelopes, more than can be under
 * check at one time, and what is too much is lost.
 */
export function drip(stream: Stream): void {
  if (dripping.has(stream) || !isAsExpected(stream)) return
  dripping.add(stream)
  const all = stream.dispatchReadBuffer.bind(stream)
  let isDue = false
  stream.dispatchReadBuffer = () => {
    // What arrives meanwhile waits for its turn: called for each frame of many, this would hand over all at once again.
    if (isDue) return
    const { readBuffer, readStatus } = stream
    if (readBuffer.byteLength <= turnBytes || readStatus !== 'readable') return all()
    const part = readBuffer.sublist(0, turnBytes)
    readBuffer.consume(turnBytes)
    isDue = true
    setImmediate(() => {
      isDue = false
      stream.dispatchReadBuffer()
    })
    stream.dispatchEvent(new StreamMessageEvent(part))
  }
}

function isAsExpected(stream: Stream): stream is Inner {
  const { readBuffer, dispatchReadBuffer } = stream as Partial<Inner>
  return (
    typeof readBuffer?.byteLength === 'number' &&
    typeof readBuffer.sublist === 'function' &&
    typeof readBuffer.consume === 'function' &&
    typeof dispatchReadBuffer === 'function'
  )
}
