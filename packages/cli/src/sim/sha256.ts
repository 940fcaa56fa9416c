import { hash } from 'node:crypto'

/** Node's SHA-256, ten times as fast as the one of the protocol. */
export const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
