import { concatBytes, equalBytes, type Sha256 } from '@grapevine/protocol'

/**
 * Stands in for Ed25519: 64 bytes that depend on the author's key and on every byte, the same each time. Anybody could
 * make one, and attackers in a simulation keep to their own keys: what a broken signature scheme does is no question here.
 */
export function sign(sha256: Sha256, author: Uint8Array, bytes: Uint8Array): Uint8Array {
  const tag = sha256(concatBytes(author, bytes))
  return concatBytes(tag, author)
}

/** Whether {@link sign} made this signature. */
export function verify(sha256: Sha256, author: Uint8Array, bytes: Uint8Array, signature: Uint8Array): boolean {
  return equalBytes(signature, sign(sha256, author, bytes))
}
