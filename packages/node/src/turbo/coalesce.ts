import type { ConnectionEncrypter, MessageStream, SecuredConnection } from '@libp2p/interface'

/** Bytes from which on a connection's writes go out at once: copying them costs more than a call of the system saves. */
const flushBytes = 8 << 10

interface Bytes {
  readonly byteLength: number
  subarray(): Uint8Array
}

/** An encrypted connection of @libp2p/noise 17.0.3, which is an AbstractMessageStream of @libp2p/utils 7.4.1. */
interface EncryptedStream extends Omit<MessageStream, 'send'> {
  writeBuffer: { readonly byteLength: number; append(bytes: Bytes): void }
  writableNeedsDrain: boolean
  readonly writeStatus: 'writable' | 'closing' | 'closed'
  processSendQueue(): boolean
  encrypt(chunk: Bytes): Bytes
  send(bytes: Bytes): boolean
}

/**
 * Wraps an encrypter: what is written to a connection in one turn of the event loop becomes one frame and one call of the
 * system. Stock, each frame of yamux is a frame of noise of its own, and each of those two to six calls, the first for the
 * two bytes of its length.
 */
export function coalescing<Components, Extension>(
  make: (components: Components) => ConnectionEncrypter<Extension>,
): (components: Components) => ConnectionEncrypter<Extension> {
  return (components) => {
    const encrypter = make(components)
    const wrap = async <Secured extends SecuredConnection<Extension>>(secured: Promise<Secured>): Promise<Secured> => {
      const done = await secured
      if (isAsExpected(done.connection)) coalesce(done.connection)
      return done
    }
    const [secureInbound, secureOutbound] = [
      encrypter.secureInbound.bind(encrypter),
      encrypter.secureOutbound.bind(encrypter),
    ]
    encrypter.secureInbound = (connection, options) => wrap(secureInbound(connection, options))
    encrypter.secureOutbound = (connection, options) => wrap(secureOutbound(connection, options))
    return encrypter
  }
}

/** Whether a connection has the inner parts that this reaches into; one that has not stays as it is. */
export function isAsExpected(connection: unknown): connection is EncryptedStream {
  const stream = connection as Partial<EncryptedStream>
  return (
    typeof stream.writeBuffer?.append === 'function' &&
    typeof stream.writeBuffer.byteLength === 'number' &&
    typeof stream.writableNeedsDrain === 'boolean' &&
    typeof stream.processSendQueue === 'function' &&
    typeof stream.encrypt === 'function' &&
    typeof stream.send === 'function'
  )
}

function coalesce(stream: EncryptedStream): void {
  const encrypt = stream.encrypt.bind(stream)
  const send = stream.send.bind(stream)
  const close = stream.close.bind(stream)
  const abort = stream.abort.bind(stream)
  let isScheduled = false
  const flush = (): void => {
    isScheduled = false
    if (stream.writeBuffer.byteLength === 0 || stream.writeStatus === 'closed') return
    try {
      stream.processSendQueue()
    } catch {
      // It has aborted itself, which everybody hears of.
    }
  }
  // In one piece, lengths included: noise gives a list, and each of its parts is a call of the system.
  stream.encrypt = (chunk) => encrypt(chunk.subarray()).subarray()
  stream.send = (bytes) => {
    const isOpen = stream.writeStatus === 'writable'
    if (!isOpen || bytes.byteLength >= flushBytes || stream.writeBuffer.byteLength + bytes.byteLength >= flushBytes)
      return send(bytes)
    stream.writeBuffer.append(bytes)
    if (stream.writableNeedsDrain) return false
    if (!isScheduled) {
      isScheduled = true
      setImmediate(flush)
    }
    return true
  }
  stream.close = (options) => {
    flush()
    return close(options)
  }
  stream.abort = (error) => {
    flush()
    abort(error)
  }
}
