import { byteStream } from '@libp2p/utils'
import { preSharedKey } from '@libp2p/pnet'
import type { AbortOptions, Connection, ConnectionProtector, MessageStream } from '@libp2p/interface'
import type { DialAddress } from './peer/dial-address.ts'

/** A connection with somebody outside of our private network. */
class StrangerError extends Error {
  constructor() {
    super('the peer speaks to another network or lacks the key of this one')
    this.name = 'StrangerError'
  }
}

/** How long a dialled peer may take for its part of the key exchange, in ms: a public network's node waits for ours. */
const nonceMsMax = 1_500

/** The first that every libp2p dialler says once a connection is up: multistream-select's header with its length. */
const greeting = Buffer.from('\x13/multistream/1.0.0\n')

/**
 * libp2p's pre-shared key (pnet), and who lacks it. pnet only makes noise of what a stranger says, and the connection
 * then waits for its time-out of several seconds. Here the listener looks at the first bytes, which are always the
 * same, and hangs up at once if they are not; a dialler that is hung up on before it heard anything knows why.
 */
export class KeyGuard {
  readonly #makeProtector: () => ConnectionProtector
  readonly #onStranger: (address: string) => void
  /** Dialled addresses, without peer id, that have said nothing under the key yet. */
  readonly #silent = new Set<string>()

  constructor(key: Uint8Array, onStranger: (address: string) => void) {
    this.#makeProtector = preSharedKey({ psk: preSharedKeyFile(key) })
    this.#onStranger = onStranger
  }

  /** For libp2p's `connectionProtector`. */
  get protector(): () => ConnectionProtector {
    return () => {
      const inner = this.#makeProtector()
      return {
        protect: (connection, options) =>
          connection.direction === 'inbound'
            ? this.#admit(inner, connection, options)
            : this.#present(inner, connection, options),
      }
    }
  }

  /** Dials, and tells a stranger from other failures by a StrangerError. */
  async dial(dial: DialAddress, address: string, signal: AbortSignal): Promise<Connection> {
    try {
      return await dial(address, signal)
    } catch (error) {
      throw this.#silent.has(placeOf(address)) ? new StrangerError() : error
    } finally {
      this.#silent.delete(placeOf(address))
    }
  }

  async #admit(inner: ConnectionProtector, connection: MessageStream, options?: AbortOptions): Promise<MessageStream> {
    const stream = await inner.protect(connection, options)
    const bytes = byteStream(stream)
    for (const expected of greeting) {
      const next = await bytes.read({ ...options, bytes: 1 })
      if (next.get(0) === expected) continue
      this.#onStranger(addressOf(connection))
      const error = new StrangerError()
      connection.abort(error)
      throw error
    }
    bytes.unwrap()
    stream.unshift(greeting)
    return stream
  }

  async #present(
    inner: ConnectionProtector,
    connection: MessageStream,
    options?: AbortOptions,
  ): Promise<MessageStream> {
    const place = placeOf(addressOf(connection))
    this.#silent.add(place)
    const signals = [AbortSignal.timeout(nonceMsMax), ...(options?.signal ? [options.signal] : [])]
    const stream = await inner.protect(connection, { ...options, signal: AbortSignal.any(signals) })
    connection.addEventListener('message', () => this.#silent.delete(place), { once: true })
    return stream
  }
}

/** libp2p types what it protects as any stream, and gives it connections. */
const addressOf = (connection: MessageStream): string =>
  String((connection as { readonly remoteAddr?: unknown }).remoteAddr)

const placeOf = (address: string): string => address.replace(/\/p2p\/.*$/, '')

/** The key in the text form that pnet reads: the file format of go-ipfs swarm keys. */
const preSharedKeyFile = (key: Uint8Array): Uint8Array =>
  Buffer.from(`/key/swarm/psk/1.0.0/\n/base16/\n${Buffer.from(key).toString('hex')}`)
