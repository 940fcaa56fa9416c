import { createHash } from 'node:crypto'
import { setImmediate as turn } from 'node:timers/promises'
import { gossipsub, StrictNoSign, type GossipSub } from '@libp2p/gossipsub'
import { identify } from '@libp2p/identify'
import type { Libp2p } from '@libp2p/interface'
import { noise } from '@libp2p/noise'
import { tcp } from '@libp2p/tcp'
import { yamux } from '@libp2p/yamux'
import { multiaddr } from '@multiformats/multiaddr'
import { createLibp2p } from 'libp2p'

/** Messages that are sent in one turn of the event loop. */
const turnMessages = 20

/** A hostile peer: stock gossipsub that sends what others once said, to whoever it is connected to. */
export class Replayer implements AsyncDisposable {
  readonly #libp2p: Libp2p
  readonly #wireTopic: string

  private constructor(libp2p: Libp2p, wireTopic: string) {
    this.#libp2p = libp2p
    this.#wireTopic = wireTopic
  }

  /** Resolves once the node at the address hears what is said on the topic, by its name on the wire. */
  static async connect(address: string, wireTopic: string): Promise<Replayer> {
    const libp2p = await createLibp2p({
      transports: [tcp()],
      connectionEncrypters: [noise()],
      streamMuxers: [yamux()],
      services: {
        identify: identify(),
        gossip: gossipsub({
          globalSignaturePolicy: StrictNoSign,
          msgIdFn: ({ topic, data }) => createHash('sha256').update(`${topic}\0`).update(data).digest(),
        }),
      },
    })
    const replayer = new Replayer(libp2p, wireTopic)
    replayer.#gossip.subscribe(wireTopic)
    const heard = Promise.withResolvers<void>()
    replayer.#gossip.addEventListener('gossipsub:graft', () => heard.resolve())
    await libp2p.dial(multiaddr(address))
    await heard.promise
    return replayer
  }

  /** Sends envelopes as they are. */
  async replay(envelopes: readonly Uint8Array[]): Promise<void> {
    for (const [index, bytes] of envelopes.entries()) {
      await this.#gossip.publish(this.#wireTopic, bytes)
      if (index % turnMessages === 0) await turn()
    }
  }

  async stop(): Promise<void> {
    await this.#libp2p.stop()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.stop()
  }

  get #gossip(): GossipSub {
    return this.#libp2p.services['gossip'] as GossipSub
  }
}
