import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto'
import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { peerIdFromKey } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { createFile } from './durable-file.ts'

/** A node's key pair. The private key never leaves it as text. */
export interface Identity {
  readonly peerId: string
  /** Ed25519, 32 bytes. */
  readonly publicKey: Uint8Array
  /** The 32-byte Ed25519 seed, for libp2p and the signer. */
  readonly seed: Uint8Array
}

/** The key file of a home: an Ed25519 private key, PKCS #8 in PEM. */
export const identityFile = (home: string): string => join(home, 'identity.pem')

/**
 * Reads the key of a home. Refuses, with error `identity`, whatever could mean that the key is not safe or not ours:
 * a symbolic link, another owner, a mode that lets others read it, a damaged file, another kind of key.
 */
export function readIdentity(home: string): Identity | undefined {
  const path = identityFile(home)
  const pem = readPrivately(path)
  if (pem === undefined) return undefined
  if (pem.trim() === '') {
    throw new NodeError(
      'identity',
      `${path} is empty`,
      'restore it from a copy; or delete it, and init makes a new identity',
    )
  }
  let key: KeyObject
  try {
    key = createPrivateKey(pem)
  } catch (error) {
    throw new NodeError(
      'identity',
      `${path} is not a private key in PEM`,
      'restore it from a copy; or move it away, and init makes a new identity',
      { cause: error },
    )
  }
  if (key.asymmetricKeyType !== 'ed25519') {
    throw new NodeError(
      'identity',
      `${path} holds a key of type ${key.asymmetricKeyType}, not ed25519`,
      'restore it from a copy; or move it away, and init makes a new identity',
    )
  }
  return identityOf(key)
}

/** Makes a key for a home that has none. Never overwrites: if two processes race, both end up with the same key. */
export function makeIdentity(home: string): Identity {
  const path = identityFile(home)
  const { privateKey } = generateKeyPairSync('ed25519')
  createFile(path, privateKey.export({ type: 'pkcs8', format: 'pem' }) as string)
  const identity = readIdentity(home)
  if (identity === undefined) throw new NodeError('identity', `${path} vanished`, 'try again')
  return identity
}

function readPrivately(path: string): string | undefined {
  let file: number
  try {
    file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    if (code === 'ENOENT') return undefined
    if (code === 'ELOOP') throw new NodeError('identity', `${path} is a symbolic link`, 'put the key file itself there')
    throw new NodeError('identity', `${path} cannot be read: ${message}`, 'check its owner and mode: it needs 0600', {
      cause: error,
    })
  }
  try {
    const stat = fstatSync(file)
    if (!stat.isFile()) throw new NodeError('identity', `${path} is not a file`, 'put the key file itself there')
    if (process.getuid !== undefined && stat.uid !== process.getuid()) {
      throw new NodeError('identity', `${path} belongs to another user`, `chown it to yourself, or choose another home`)
    }
    if ((stat.mode & 0o077) !== 0) {
      const mode = (stat.mode & 0o777).toString(8).padStart(4, '0')
      throw new NodeError(
        'identity',
        `${path} can be read by others (mode ${mode})`,
        `chmod 600 ${path}; and consider the key as known`,
      )
    }
    if (stat.size > 16_384) throw new NodeError('identity', `${path} is too large for a key`, 'restore it from a copy')
    return readFileSync(file, 'utf8')
  } finally {
    closeSync(file)
  }
}

function identityOf(key: KeyObject): Identity {
  const { d } = key.export({ format: 'jwk' })
  const { x } = createPublicKey(key).export({ format: 'jwk' })
  const publicKey = new Uint8Array(Buffer.from(x!, 'base64url'))
  return { peerId: peerIdFromKey(publicKey), publicKey, seed: new Uint8Array(Buffer.from(d!, 'base64url')) }
}
