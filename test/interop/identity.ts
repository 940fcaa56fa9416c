import { createPrivateKey, createPublicKey } from 'node:crypto'
import { peerIdFromKey } from '@grapevine/protocol'
import type { Identity } from '../../packages/node/src/home/identity.ts'

/** What stands before the seed in an Ed25519 key of PKCS #8 (RFC 8410 §7). */
const header = Buffer.from('302e020100300506032b657004220420', 'hex')

/** An identity without a home, of a seed of 32 bytes. */
export function identityOf(seed: Buffer): Identity {
  const key = createPrivateKey({ key: Buffer.concat([header, seed]), format: 'der', type: 'pkcs8' })
  const publicKey = Buffer.from(createPublicKey(key).export({ format: 'jwk' }).x!, 'base64url')
  return { seed, publicKey, peerId: peerIdFromKey(publicKey) }
}
