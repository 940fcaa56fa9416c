import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto'
import { sha256 } from '@grapevine/protocol'

/** A key that vectors are signed with. */
export interface Signer {
  readonly seed: Uint8Array
  readonly privateKey: KeyObject
  readonly publicKey: Uint8Array
}

/** The key of a name: always the same. */
export function signerOf(name: string): Signer {
  const seed = sha256(Buffer.from(`grapevine test key ${name}`))
  // PKCS #8 around an Ed25519 seed (RFC 8410).
  const der = Buffer.concat([Buffer.from('302e020100300506032b657004220420', 'hex'), seed])
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' })
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' })
  return { seed, privateKey, publicKey: new Uint8Array(spki.subarray(-32)) }
}
