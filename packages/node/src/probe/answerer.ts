import { decodeProbeRequest, encodeProbeAnswer, probeFrameSizeMax, type ProbeFinding } from '@grapevine/protocol/probe'
import type { Connection, Libp2p, Stream } from '@libp2p/interface'
import { lpStream } from '@libp2p/utils'
import { Allowance } from './allowance.ts'
import type { Prober } from './prober.ts'

/** Requests to try to reach members: docs/protocol.md. */
export const probeProtocol = '/grapevine/probe/1'

/** What answering needs. */
export interface AnswererOptions {
  readonly libp2p: Libp2p
  readonly prober: Pick<Prober, 'probe'>
  /** Peer ids of members by the first 16 bytes of their keys. */
  readonly peerOf: (id: Uint8Array) => string | undefined
  readonly isMember: (peer: string) => boolean
}

/** Members that one peer may have us try. */
const allowance = { most: 64, perSecond: 8, askersMax: 1_024 } as const
const readMs = 5_000

/**
 * Tries to reach members for others. Nobody can make it touch anything but a member, at addresses that this member has told,
 * and no member more than once in a few seconds, however many ask.
 */
export class ProbeAnswerer {
  readonly #options: AnswererOptions
  readonly #allowance = new Allowance(allowance)

  constructor(options: AnswererOptions) {
    this.#options = options
  }

  async start(): Promise<void> {
    const onStream = (stream: Stream, connection: Connection): Promise<void> => this.#answer(stream, connection)
    await this.#options.libp2p.handle(probeProtocol, onStream, { maxInboundStreams: 2 })
  }

  async #answer(stream: Stream, { remotePeer }: Connection): Promise<void> {
    try {
      const asker = remotePeer.toString()
      const frames = lpStream(stream, { maxDataLength: probeFrameSizeMax, maxBufferSize: 2 * probeFrameSizeMax })
      const request = decodeProbeRequest((await frames.read({ signal: AbortSignal.timeout(readMs) })).slice())
      if (request === undefined || !this.#options.isMember(asker)) throw new Error('no request of a member')
      const deadline = AbortSignal.timeout(request.waitMs)
      const findings = await Promise.all(request.targets.map((id) => this.#find(id, asker, deadline)))
      const signal = AbortSignal.timeout(readMs)
      await frames.write(encodeProbeAnswer(findings), { signal })
      await stream.close({ signal })
    } catch (error) {
      stream.abort(error as Error)
    }
  }

  #find(id: Uint8Array, asker: string, deadline: AbortSignal): Promise<ProbeFinding> {
    const { libp2p, peerOf, prober } = this.#options
    const peer = peerOf(id)
    if (peer === undefined || peer === libp2p.peerId.toString())
      return Promise.resolve({ link: 'stranger', door: 'untried' })
    if (!this.#allowance.take(asker, performance.now())) return Promise.resolve({ link: 'busy', door: 'untried' })
    const late = new Promise<ProbeFinding>((resolve) => {
      deadline.addEventListener('abort', () => resolve({ link: 'busy', door: 'untried' }))
    })
    return Promise.race([prober.probe(peer), late])
  }
}
