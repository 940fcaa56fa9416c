import { NodeError } from '@grapevine/node/client'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { RpcError, rpcCode } from './json-rpc.ts'
import type { Mempool, TransactionVerdict } from './mempool.ts'
import type { Submitted } from './methods.ts'
import type { Publisher } from './publisher.ts'

/** Takes what users send, publishes it, and knows what became of it. */
export class Intake {
  readonly #mempool: Mempool
  readonly #publisher: Publisher
  /** Those under way, and what the node was told of them when it asked. */
  readonly #underWay = new Map<string, TransactionVerdict | undefined>()

  constructor(mempool: Mempool, publisher: Publisher) {
    this.#mempool = mempool
    this.#publisher = publisher
  }

  /** Notes what the node was told. */
  judged(hash: string, verdict: TransactionVerdict): void {
    if (this.#underWay.has(hash)) this.#underWay.set(hash, verdict)
  }

  /** Publishes a transaction: the node asks this relay what it is worth. Throws RpcError if the node does not take it. */
  async submit(bytes: Uint8Array): Promise<Submitted> {
    const hash = `0x${Buffer.from(keccak_256(bytes)).toString('hex')}`
    const here = { peer: '', now: Date.now() }
    if (this.#mempool.get(hash) !== undefined) return { hash, verdict: this.#mempool.judge(bytes, { ...here, hash }) }
    this.#underWay.set(hash, undefined)
    try {
      const { state } = await this.#publisher.publish(bytes)
      // The node had it before, so it did not ask: it is taken again, if it may be.
      if (state === 'duplicate') return { hash, verdict: this.#mempool.judge(bytes, here) }
      return { hash, verdict: this.#underWay.get(hash) ?? { verdict: 'accept', status: 'ready' } }
    } catch (error) {
      const verdict = this.#underWay.get(hash)
      if (verdict !== undefined && verdict.verdict !== 'accept') return { hash, verdict }
      if (!(error instanceof NodeError)) throw error
      if (error.code === 'oversize') return { hash, verdict: { verdict: 'ignore', reason: 'oversize' } }
      throw new RpcError(rpcCode.server, `the node did not take it: ${error.message}`, { reason: error.code })
    } finally {
      this.#underWay.delete(hash)
    }
  }
}
