import { createRequire } from 'node:module'

/** The two calls of sodium-native that the node uses; libsodium is the fastest Ed25519 at hand (54,600 signatures/s). */
interface Sodium {
  crypto_sign_detached(signature: Uint8Array, message: Uint8Array, secretKey: Uint8Array): void
  crypto_sign_verify_detached(signature: Uint8Array, message: Uint8Array, publicKey: Uint8Array): boolean
}

// A native addon, and CommonJS: it cannot be bundled, and is found from where the bundle lies.
const sodium = createRequire(import.meta.url)('sodium-native') as Sodium

/** Ed25519 signature of a message, 64 bytes. */
export function sign(
  message: Uint8Array,
  identity: { readonly seed: Uint8Array; readonly publicKey: Uint8Array },
): Uint8Array {
  const signature = new Uint8Array(64)
  sodium.crypto_sign_detached(buffer(signature), buffer(message), Buffer.concat([identity.seed, identity.publicKey]))
  return signature
}

/** Whether a signature is the author's; false too for keys and signatures of a small order or not canonical. */
export function verify(message: Uint8Array, signature: Uint8Array, author: Uint8Array): boolean {
  return sodium.crypto_sign_verify_detached(buffer(signature), buffer(message), buffer(author))
}

const buffer = (bytes: Uint8Array): Buffer => Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
