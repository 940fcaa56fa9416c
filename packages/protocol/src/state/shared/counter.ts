import { varintFieldSize, WireReader, WireWriter } from '../../wire.ts'
import type { Contribution } from './contribution.ts'

/**
 * What a shared counter stands at: what all owners have added less what they have taken away (a PN-counter). Each owner
 * counts for itself, so that nothing is lost or counted twice; what an owner counted goes when it is forgotten, or begins
 * a life without what it had.
 */
export function readCounter(contributions: Iterable<Contribution>): bigint {
  let sum = 0n
  for (const { value } of contributions) {
    const part = decodeCounter(value)
    if (part !== undefined) sum += BigInt(part.added) - BigInt(part.taken)
  }
  return sum
}

/**
 * The bytes with which an owner adds `by`, an integer, to its own part; `own` is what it has under the key now. Undefined if
 * the part would go beyond 2^53 − 1.
 */
export function addToCounter(own: Uint8Array | undefined, by: number): Uint8Array | undefined {
  const part = (own === undefined ? undefined : decodeCounter(own)) ?? { added: 0, taken: 0 }
  const added = part.added + Math.max(0, by)
  const taken = part.taken + Math.max(0, -by)
  if (!Number.isSafeInteger(added) || !Number.isSafeInteger(taken)) return undefined
  const writer = new WireWriter(varintFieldSize(added) + varintFieldSize(taken))
  writer.varint(1, added)
  writer.varint(2, taken)
  return writer.finish()
}

/** Reads an owner's part. Never throws; undefined for all but the canonical bytes. */
export function decodeCounter(bytes: Uint8Array): { readonly added: number; readonly taken: number } | undefined {
  const reader = new WireReader(bytes)
  const added = reader.varint(1)
  const taken = reader.varint(2)
  return reader.end() ? { added, taken } : undefined
}
