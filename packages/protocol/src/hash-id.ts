import { keccak_256 } from '@noble/hashes/sha3.js'
import type { Sha256 } from './id.ts'
import { sha256 as nobleSha256 } from './id.ts'

/** Hashes that chains name things by: SHA-256 once or twice (Bitcoin), and the Keccak-256 of before SHA-3 (Ethereum). */
export const idHashes = ['sha256', 'sha256d', 'keccak256'] as const

/**
 * Names a message by a hash of its payload, as the chain that it belongs to does: `{ hash: 'keccak256' }` is the hash of
 * an Ethereum transaction, `{ hash: 'sha256d', bytes: 80, reversed: true }` that of a Bitcoin block as people write it.
 */
export interface HashIdRule {
  readonly hash: (typeof idHashes)[number]
  /** Only the first so many bytes are hashed, 1 to 65,536; a payload that is shorter has no id. Absent: all. */
  readonly bytes?: number
  /** The id is the hash with its bytes in the opposite order. */
  readonly reversed?: true
}

const rulePattern = /^(sha256|sha256d|keccak256)(?::([1-9]\d{0,4}))?(:reversed)?$/

/** Reads a rule as people write it: `keccak256`, `sha256d:80:reversed`; undefined for any other text. */
export function parseHashId(text: string): HashIdRule | undefined {
  const match = rulePattern.exec(text)
  if (match === null) return undefined
  const rule = {
    hash: match[1] as HashIdRule['hash'],
    ...(match[2] !== undefined && { bytes: Number(match[2]) }),
    ...(match[3] !== undefined && { reversed: true as const }),
  }
  return isHashId(rule) ? rule : undefined
}

/** A rule as people write it. */
export const formatHashId = ({ hash, bytes, reversed }: HashIdRule): string =>
  [hash, ...(bytes === undefined ? [] : [bytes]), ...(reversed === true ? ['reversed'] : [])].join(':')

/** Whether a value is a rule, with nothing else in it. */
export function isHashId(value: unknown): value is HashIdRule {
  if (typeof value !== 'object' || value === null) return false
  const { hash, bytes, reversed, ...rest } = value as Record<string, unknown>
  return (
    (idHashes as readonly unknown[]).includes(hash) &&
    (bytes === undefined || (Number.isInteger(bytes) && (bytes as number) >= 1 && (bytes as number) <= 65_536)) &&
    (reversed === undefined || reversed === true) &&
    Object.keys(rest).length === 0
  )
}

/** The id that a rule gives a payload, 32 bytes; undefined if that is too short. `sha256`: a faster one, if there is one. */
export function hashIdOf(
  { hash, bytes, reversed }: HashIdRule,
  payload: Uint8Array,
  sha256: Sha256 = nobleSha256,
): Uint8Array | undefined {
  if (bytes !== undefined && payload.length < bytes) return undefined
  const hashed = bytes === undefined ? payload : payload.subarray(0, bytes)
  const digest = hash === 'keccak256' ? keccak_256(hashed) : sha256(hashed)
  const id = hash === 'sha256d' ? sha256(digest) : digest
  return reversed === true ? id.toReversed() : id
}
