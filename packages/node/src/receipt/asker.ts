import {
  checkReceiptAnswer,
  encodeReceiptRequest,
  keyFromPeerId,
  type AskedMessage,
  type CheckedAnswer,
  type ReceiptFault,
  type TopicRules,
} from '@grapevine/protocol'
import type { Libp2p } from '@libp2p/interface'
import { verify } from '../crypto.ts'
import { connectionTo } from '../peer/connection-to.ts'
import { framesOf, receiptProtocol } from './stream.ts'

const timeoutMs = 10_000
const unableMs = 60_000

/** What a peer answered; `silent`: it is gone, or too slow; `unable`: it does not speak this. */
export type Asked = CheckedAnswer | { readonly type: 'silent' | 'unable' }

/** What an asker needs. */
export interface AskerOptions {
  readonly libp2p: Libp2p
  readonly networkId: Uint8Array
  /** A peer's answer was refused for what only it is answerable for. */
  readonly onLie: (peer: string, fault: ReceiptFault) => void
}

/** Asks peers what they have on disk; every answer is checked. */
export class ReceiptAsker {
  readonly #options: AskerOptions
  /** Peers that do not speak this, and since when that is known; until they leave. */
  readonly #unable = new Map<string, number>()

  constructor(options: AskerOptions) {
    this.#options = options
    options.libp2p.addEventListener('peer:disconnect', ({ detail }) => this.#unable.delete(detail.toString()))
  }

  /** One question, at most 512 messages. Never rejects. */
  async ask(
    peer: string,
    { name, wireName }: Pick<TopicRules, 'name' | 'wireName'>,
    messages: readonly AskedMessage[],
    { signed }: { readonly signed: boolean },
  ): Promise<Asked> {
    const { libp2p, networkId, onLie } = this.#options
    const peerKey = keyFromPeerId(peer)
    if (peerKey === undefined || this.#isUnable(peer)) return { type: 'unable' }
    const connection = connectionTo(libp2p, peer)
    if (connection === undefined) return { type: 'silent' }
    const request = { wireTopic: wireName, signed, messages }
    const signal = AbortSignal.timeout(timeoutMs)
    try {
      const stream = await connection.newStream(receiptProtocol, { signal })
      try {
        const frames = framesOf(stream)
        await frames.write(encodeReceiptRequest(request), { signal })
        const bytes = (await frames.read({ signal })).slice()
        void stream.close({ signal }).catch(() => undefined)
        const answer = checkReceiptAnswer(bytes, { request, networkId, topic: name, peerKey, verify })
        if (answer.type === 'refused' && answer.fault !== 'unknown-version') onLie(peer, answer.fault)
        return answer
      } catch (error) {
        stream.abort(error as Error)
        throw error
      }
    } catch (error) {
      if ((error as Error).name !== 'UnsupportedProtocolError') return { type: 'silent' }
      this.#unable.set(peer, performance.now())
      return { type: 'unable' }
    }
  }

  /** A peer that was only starting is asked again. */
  #isUnable(peer: string): boolean {
    const since = this.#unable.get(peer)
    return since !== undefined && performance.now() - since < unableMs
  }
}
