import type { PoolTransaction } from '@grapevine/protocol/pool'
import type { EthereumTransaction } from './transaction.ts'

/** A transaction that waits for a block, as the execution API specification shows one. */
export function viewOf({ item, sender }: PoolTransaction<EthereumTransaction>): Readonly<Record<string, unknown>> {
  const { type, chainId, yParity, signature } = item
  const [r, s] = [uint(signature.subarray(0, 32)), uint(signature.subarray(32))]
  const legacyV = chainId === undefined ? 27 + yParity : chainId * 2n + 35n + BigInt(yParity)
  return {
    hash: item.hash,
    type: quantity(type),
    blockHash: null,
    blockNumber: null,
    transactionIndex: null,
    from: sender,
    to: item.to === undefined ? null : hex(item.to),
    nonce: quantity(item.nonce),
    value: quantity(item.value),
    gas: quantity(item.gasLimit),
    gasPrice: quantity(item.feeCap),
    input: hex(item.data),
    ...(chainId !== undefined && { chainId: quantity(chainId) }),
    ...(type >= 1 && { accessList: item.accessList.map(accessOf) }),
    ...(type >= 2 && { maxFeePerGas: quantity(item.feeCap), maxPriorityFeePerGas: quantity(item.tip) }),
    ...(type === 3 && {
      maxFeePerBlobGas: quantity(item.blobFeeCap),
      blobVersionedHashes: item.blobHashes.map(hex),
    }),
    ...(type === 4 && { authorizationList: item.authorizations.map(authorizationOf) }),
    v: quantity(type === 0 ? legacyV : yParity),
    r: quantity(r),
    s: quantity(s),
    ...(type >= 1 && { yParity: quantity(yParity) }),
  }
}

/** A number as JSON-RPC of Ethereum writes it: `0x` and hex digits without leading zeros. */
export const quantity = (value: bigint | number): string => `0x${value.toString(16)}`

/** `0x` and hex digits, two for each byte. */
const hex = (bytes: Uint8Array): string => `0x${Buffer.from(bytes).toString('hex')}`

const uint = (bytes: Uint8Array): bigint => BigInt(hex(bytes))

const accessOf = ({ address, storageKeys }: EthereumTransaction['accessList'][number]): object => ({
  address: hex(address),
  storageKeys: storageKeys.map(hex),
})

const authorizationOf = ({
  address,
  chainId,
  nonce,
  yParity,
  r,
  s,
}: EthereumTransaction['authorizations'][number]): object => ({
  chainId: quantity(chainId),
  address: hex(address),
  nonce: quantity(nonce),
  yParity: quantity(yParity),
  r: quantity(r),
  s: quantity(s),
})
