import { Transaction } from 'micro-eth-signer'

/** A key of nobody, and the address that belongs to it. */
const key = '0x6b911fd37cdf5c81d4c0adb1ab7fa822ed253ab0ad9aa18d77257c88b29b718e'
export const address = '0x16bb6031cbf3a12b899ab99d96b64b7bbd719705'
/** Where transactions of tests go. */
export const to: string = `0x${'11'.repeat(20)}`

const gwei = 10n ** 9n

/** Fields as micro-eth-signer names them. */
export type SampleFields = Readonly<Record<string, unknown>>

/** The least of each type, valid on mainnet. */
export const samples = {
  legacy: { to, gasPrice: gwei, gasLimit: 21_000n, value: 1n, nonce: 0n, chainId: 1n },
  eip2930: {
    to,
    gasPrice: gwei,
    gasLimit: 25_300n,
    value: 0n,
    nonce: 3n,
    chainId: 1n,
    accessList: [{ address: to, storageKeys: [`0x${'22'.repeat(32)}`] }],
  },
  eip1559: {
    to,
    maxFeePerGas: 2n * gwei,
    maxPriorityFeePerGas: gwei,
    gasLimit: 21_000n,
    value: 5n,
    nonce: 200n,
    chainId: 1n,
  },
  eip4844: {
    to,
    maxFeePerGas: 2n * gwei,
    maxPriorityFeePerGas: gwei,
    gasLimit: 21_000n,
    value: 0n,
    nonce: 1n,
    chainId: 1n,
    maxFeePerBlobGas: 7n,
    blobVersionedHashes: [`0x01${'33'.repeat(31)}`],
    accessList: [],
  },
  eip7702: {
    to,
    maxFeePerGas: 2n * gwei,
    maxPriorityFeePerGas: gwei,
    gasLimit: 46_000n,
    value: 0n,
    nonce: 1n,
    chainId: 1n,
    accessList: [],
    authorizationList: [{ chainId: 1n, address: to, nonce: 300n, yParity: 1, r: 5n, s: 6n }],
  },
} as const satisfies Readonly<Record<string, SampleFields>>

/** The types, in the order of their numbers. */
export const sampleTypes = ['legacy', 'eip2930', 'eip1559', 'eip4844', 'eip7702'] as const

/** A signed transaction made by a library that shares no code with ours. */
export function signed(
  type: keyof typeof samples = 'eip1559',
  fields: SampleFields = {},
  by: string = key,
): { readonly bytes: Uint8Array; readonly hash: string; readonly sender: string } {
  const prepared = Transaction.prepare({ type, ...samples[type], ...fields } as never, false) as ReturnType<
    typeof Transaction.fromHex
  >
  // Without randomness: the same fields make the same transaction.
  const transaction = prepared.signBy(by, false)
  return {
    bytes: Uint8Array.from(Buffer.from(transaction.toHex().slice(2), 'hex')),
    hash: `0x${transaction.hash.replace(/^0x/, '')}`,
    sender: transaction.sender.toLowerCase(),
  }
}
