import { createRequire } from 'node:module'
import { secp256k1 } from '@noble/curves/secp256k1.js'
import { keccak_256 } from '@noble/hashes/sha3.js'
import { encodeUint, listPrefix } from '../ethereum-transactions/rlp.ts'

/** The call of the native library that is used. */
interface NativeSecp256k1 {
  ecdsaSign(hash: Uint8Array, key: Uint8Array): { readonly signature: Uint8Array; readonly recid: number }
}

/** A transaction of nothing to nobody, of the account with this number. */
export interface Transfer {
  readonly account: number
  readonly nonce: number
}

/** Signs a transfer on mainnet, type 2, with a tip of one gwei. */
export function signTransfer({ account, nonce }: Transfer): Uint8Array {
  const gwei = 1_000_000_000n
  const fields = [1n, BigInt(nonce), gwei, 2n * gwei, 21_000n].flatMap(encodeUint)
  // To an address of twenty ones; no value, no data, no access list.
  const unsigned = [...fields, 0x94, ...Array.from({ length: 20 }, () => 0x11), 0x80, 0x80, 0xc0]
  const { yParity, signature } = sign(keccak_256(enveloped(unsigned)), keyOf(account))
  const r = BigInt(`0x${Buffer.from(signature.subarray(0, 32)).toString('hex')}`)
  const s = BigInt(`0x${Buffer.from(signature.subarray(32)).toString('hex')}`)
  return enveloped([...unsigned, ...encodeUint(BigInt(yParity)), ...encodeUint(r), ...encodeUint(s)])
}

const enveloped = (content: readonly number[]): Uint8Array =>
  Uint8Array.from([2, ...listPrefix(content.length), ...content])

const keyOf = (account: number): Uint8Array => keccak_256(Buffer.from(`account ${account}`))

const native = loadNative()

function loadNative(): NativeSecp256k1 | undefined {
  try {
    return createRequire(import.meta.url)('secp256k1/bindings.js') as NativeSecp256k1
  } catch {
    return undefined
  }
}

function sign(hash: Uint8Array, key: Uint8Array): { readonly yParity: number; readonly signature: Uint8Array } {
  if (native !== undefined) {
    const { signature, recid } = native.ecdsaSign(hash, key)
    return { yParity: recid, signature }
  }
  const recovered = secp256k1.sign(hash, key, { prehash: false, format: 'recovered' })
  return { yParity: recovered[0]!, signature: recovered.subarray(1) }
}
