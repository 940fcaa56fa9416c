import { createRequire } from 'node:module'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { encodeUint, listPrefix } from './rlp.ts'
import type { EthereumTransaction } from './transaction.ts'

/** The call of the native library that is used. Throws where nobody's key makes such a signature. */
interface NativeSecp256k1 {
  ecdsaRecover(signature: Uint8Array, recovery: number, hash: Uint8Array, isCompressed: boolean): Uint8Array
}

/** libsecp256k1, about 25 times as fast as the same in JavaScript; undefined where it has no build for this machine. */
const native = loadNative()

/** Whether native code finds senders. */
export const isNative: boolean = native !== undefined

function loadNative(): NativeSecp256k1 | undefined {
  try {
    // Its main module would load a slower JavaScript version where there is no build.
    return createRequire(import.meta.url)('secp256k1/bindings.js') as NativeSecp256k1
  } catch {
    return undefined
  }
}

/**
 * Whose key signed a transaction: `0x` and 40 hex digits in lower case; undefined if it is nobody's signature. Does not look at
 * s, of which only one half counts (`faultOf`). `recover` is for tests.
 */
export function senderOf(
  transaction: EthereumTransaction,
  recover: typeof recoverPure = native === undefined ? recoverPure : recoverNative,
): string | undefined {
  const key = recover(transaction, keccak_256(signedBytes(transaction)))
  return key && `0x${Buffer.from(keccak_256(key.subarray(1))).toString('hex', 12)}`
}

/** In JavaScript. The public key, uncompressed. */
export function recoverPure({ signature, yParity }: EthereumTransaction, hash: Uint8Array): Uint8Array | undefined {
  const recovered = new Uint8Array(65)
  recovered[0] = yParity
  recovered.set(signature, 1)
  try {
    const key = secp256k1.recoverPublicKey(recovered, hash, { prehash: false })
    return secp256k1.Point.fromBytes(key).toBytes(false)
  } catch {
    return undefined
  }
}

function recoverNative({ signature, yParity }: EthereumTransaction, hash: Uint8Array): Uint8Array | undefined {
  try {
    return native!.ecdsaRecover(signature, yParity, hash, false)
  } catch {
    return undefined
  }
}

/** What the sender signed: the fields before the signature, with the chain id behind them in a legacy one that has it. */
function signedBytes({ bytes, type, chainId, signed }: EthereumTransaction): Uint8Array {
  const fields = bytes.subarray(signed.start, signed.end)
  const behind = type === 0 && chainId !== undefined ? [...encodeUint(chainId), 0x80, 0x80] : []
  const size = fields.length + behind.length
  const before = [...(type === 0 ? [] : [type]), ...listPrefix(size)]
  const all = new Uint8Array(before.length + size)
  all.set(before)
  all.set(fields, before.length)
  all.set(behind, before.length + fields.length)
  return all
}
