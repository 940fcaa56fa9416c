import type { Mempool, TransactionVerdict } from './mempool.ts'
import { RpcError, type RpcMethod, rpcCode } from './json-rpc.ts'
import { quantity, viewOf } from './view.ts'

/** What the methods of a relay work with. */
export interface MethodsOptions {
  readonly mempool: Mempool
  readonly chainId: bigint
  /** What `web3_clientVersion` says. */
  readonly version: string
  /**
   * Judges a transaction here and, if it is accepted, publishes it; resolves to its hash. Throws RpcError if it cannot be
   * published.
   */
  readonly submit: (bytes: Uint8Array) => Promise<Submitted>
}

/** What became of a transaction that a user sent. */
export interface Submitted {
  readonly hash: string
  readonly verdict: TransactionVerdict
}

/** The methods for wallets and tools. There is no chain here: what only a chain can say is not answered. */
export function ethereumMethods({ mempool, chainId, version, submit }: MethodsOptions): Record<string, RpcMethod> {
  return {
    web3_clientVersion: () => version,
    net_version: () => chainId.toString(),
    net_listening: () => true,
    eth_chainId: () => quantity(chainId),
    eth_syncing: () => false,
    eth_accounts: () => [],
    // No block is known: what counts here is what waits for one.
    eth_blockNumber: () => quantity(0),
    // The least that this relay takes.
    eth_gasPrice: () => quantity(mempool.tipMin),
    eth_maxPriorityFeePerGas: () => quantity(mempool.tipMin),
    eth_sendRawTransaction: async ([raw]) => {
      const { hash, verdict } = await submit(bytesOf(raw))
      if (verdict.verdict !== 'accept') throw refusal(verdict.reason)
      if (verdict.status === 'known') throw refusal('known')
      return hash
    },
    eth_getTransactionByHash: ([hash]) => {
      const found = mempool.get(hashOf(hash))
      return found === undefined ? null : viewOf(found.transaction)
    },
    // In no block that is known: wallets that wait for one go on waiting.
    eth_getTransactionReceipt: ([hash]) => {
      hashOf(hash)
      return null
    },
    eth_getTransactionCount: ([address, block]) => {
      const sender = addressOf(address)
      if (block !== undefined && block !== 'pending')
        throw new RpcError(rpcCode.server, 'only "pending" is known: there is no chain here')
      return quantity(mempool.nextNonce(sender))
    },
    txpool_status: () => ({ pending: quantity(mempool.size.ready), queued: quantity(mempool.size.queued) }),
  }
}

/** What wallets know a reason by: the words of geth, which libraries look for. */
const texts: Readonly<Record<string, string>> = {
  known: 'already known',
  replacement: 'replacement transaction underpriced',
  overdraft: 'replacement transaction underpriced: it would leave too little for those behind it',
  underpriced: 'transaction underpriced: its tip or its fee cap is below what this relay takes',
  stale: 'nonce too low',
  far: 'nonce too high: too far ahead of what is known of the sender',
  nonce: 'nonce too high',
  'nonce-too-high': 'nonce too high: nonce has max value',
  full: 'txpool is full: what is there pays more',
  'queue-full': 'txpool is full: an earlier nonce is missing',
  'account-full': 'account limit exceeded',
  unaffordable: 'insufficient funds for gas * price + value',
  oversize: 'oversized data',
  malformed: 'rlp: it is no signed transaction',
  'bad-signature': 'invalid sender',
  'high-s': 'invalid sender: the higher of two values of s',
  'wrong-chain': 'invalid chain id for signer',
  unprotected: 'only replay-protected (EIP-155) transactions allowed over RPC',
  'intrinsic-gas': 'intrinsic gas too low',
  'floor-gas': 'intrinsic gas too low: below the floor for its data (EIP-7623)',
  'gas-above-limit': 'exceeds block gas limit: one transaction has at most 16,777,216 (EIP-7825)',
  'tip-above-fee-cap': 'max priority fee per gas higher than max fee per gas',
  overflow: 'insufficient funds for gas * price + value: more than there can be',
  'init-code-too-large': 'max initcode size exceeded',
}

/** A reason as an error; `data.reason` has the reason itself. */
const refusal = (reason: string): RpcError =>
  new RpcError(rpcCode.server, texts[reason] ?? `invalid transaction: ${reason}`, { reason })

const hashOf = (value: unknown): string =>
  matching(value, /^0x[0-9a-f]{64}$/i, 'a hash: 0x and 64 hex digits').toLowerCase()

const addressOf = (value: unknown): string =>
  matching(value, /^0x[0-9a-f]{40}$/i, 'an address: 0x and 40 hex digits').toLowerCase()

const bytesOf = (value: unknown): Uint8Array =>
  Uint8Array.from(
    Buffer.from(matching(value, /^0x(?:[0-9a-f]{2})+$/i, 'bytes: 0x and pairs of hex digits').slice(2), 'hex'),
  )

function matching(value: unknown, pattern: RegExp, expected: string): string {
  if (typeof value === 'string' && pattern.test(value)) return value
  throw new RpcError(rpcCode.params, `params: expected ${expected}`)
}
