import type { EthereumTransaction } from './transaction.ts'

/** What a chain, and this relay, ask of a transaction by itself. */
export interface EthereumRules {
  readonly chainId: bigint
  /** Takes legacy transactions without a chain id (before EIP-155), which count on every chain. Default false. */
  readonly takesUnprotected: boolean
  /** Gas of one transaction at most. Default 16,777,216 (EIP-7825). */
  readonly gasLimitMax: bigint
  /** Blobs of one transaction at most. Default 6 (EIP-7594). */
  readonly blobsMax: number
}

/** The defaults of {@link EthereumRules}: mainnet since Fusaka. */
export const ethereumRules: EthereumRules = Object.freeze({
  chainId: 1n,
  takesUnprotected: false,
  gasLimitMax: 16_777_216n,
  blobsMax: 6,
})

/** Why no block can ever have a transaction, whatever the state of the chain. */
export type TransactionFault =
  | 'wrong-chain'
  | 'unprotected'
  | 'high-s'
  | 'nonce-too-high'
  | 'gas-above-limit'
  | 'intrinsic-gas'
  | 'floor-gas'
  | 'tip-above-fee-cap'
  | 'overflow'
  | 'init-code-too-large'
  | 'creates-contract'
  | 'no-blobs'
  | 'too-many-blobs'
  | 'bad-blob-hash'
  | 'no-authorizations'

/** Half the order of secp256k1: s above it makes the same signature in other bytes (EIP-2). */
const sMax = Buffer.from('7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0', 'hex')
/** EIP-2681. */
const nonceMax = (1n << 64n) - 2n
/** EIP-3860: twice the largest contract. */
const initCodeMax = 49_152
/** EIP-4844. */
const [blobGas, blobHashVersion] = [131_072n, 1]
const wordEnd = 1n << 256n

/**
 * What is wrong with a transaction by itself, cheapest checks first; undefined if nothing is. The signature is checked only for the
 * half of its s: `senderOf` finds whether it is anybody's.
 */
export function faultOf(transaction: EthereumTransaction, rules: EthereumRules): TransactionFault | undefined {
  const { type, chainId, to, nonce, gasLimit, feeCap, tip, data, blobHashes, signature } = transaction
  if (chainId === undefined && !rules.takesUnprotected) return 'unprotected'
  if (chainId !== undefined && chainId !== rules.chainId) return 'wrong-chain'
  if (Buffer.compare(signature.subarray(32), sMax) > 0) return 'high-s'
  if (nonce > nonceMax) return 'nonce-too-high'
  if (tip > feeCap) return 'tip-above-fee-cap'
  if (gasLimit > rules.gasLimitMax) return 'gas-above-limit'
  if (costOf(transaction) >= wordEnd) return 'overflow'
  if (to === undefined && type >= 3) return 'creates-contract'
  if (to === undefined && data.length > initCodeMax) return 'init-code-too-large'
  if (type === 3) {
    if (blobHashes.length === 0) return 'no-blobs'
    if (blobHashes.length > rules.blobsMax) return 'too-many-blobs'
    if (blobHashes.some((hash) => hash[0] !== blobHashVersion)) return 'bad-blob-hash'
  }
  if (type === 4 && transaction.authorizations.length === 0) return 'no-authorizations'
  if (gasLimit < intrinsicGas(transaction)) return 'intrinsic-gas'
  if (gasLimit < floorGas(transaction)) return 'floor-gas'
  return undefined
}

/** The most that it takes from its sender: value, gas, and gas for blobs. In wei. */
export const costOf = ({ value, gasLimit, feeCap, blobHashes, blobFeeCap }: EthereumTransaction): bigint =>
  value + gasLimit * feeCap + BigInt(blobHashes.length) * blobGas * blobFeeCap

/**
 * The gas that it takes before anything runs: 21,000; its data (EIP-2028), its contract (EIP-2, 3860), its access list
 * (EIP-2930), its delegations (EIP-7702).
 */
function intrinsicGas({ to, data, accessList, authorizations }: EthereumTransaction): number {
  const zeros = zerosIn(data)
  const creation = to === undefined ? 32_000 + 2 * Math.ceil(data.length / 32) : 0
  const keys = accessList.reduce((sum, { storageKeys }) => sum + storageKeys.length, 0)
  const lists = 2_400 * accessList.length + 1_900 * keys + 25_000 * authorizations.length
  return 21_000 + 4 * zeros + 16 * (data.length - zeros) + creation + lists
}

/** The gas that it pays at least for its data (EIP-7623). */
function floorGas({ data }: EthereumTransaction): number {
  return 21_000 + 10 * (4 * data.length - 3 * zerosIn(data))
}

function zerosIn(data: Uint8Array): number {
  let zeros = 0
  for (const byte of data) if (byte === 0) zeros++
  return zeros
}
