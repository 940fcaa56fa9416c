import { keyOf16 } from '../bytes.ts'
import type { Sha256 } from '../id.ts'
import { encodeUtf8 } from '../text.ts'
import type { Entry } from './entry.ts'
import { writeNumber } from './number.ts'

/** What an owner signs: which entries it has, all of them, and nothing else. docs/protocol.md, "State". */
export interface Head {
  /** Ed25519 public key, 32 bytes. */
  readonly owner: Uint8Array
  /** The owner's life, 1 to 2^48 − 1: a later one replaces everything of an earlier one. */
  readonly epoch: number
  /** The highest version given so far, 1 to 2^48 − 1. */
  readonly version: number
  /** Tombstones up to this version are gone, 0 to `version`. */
  readonly floor: number
  /** Entries, tombstones included. */
  readonly count: number
  /** {@link rootOf}, 32 bytes. */
  readonly root: Uint8Array
  /** Ed25519 over {@link headSignedBytes}, 64 bytes. */
  readonly signature: Uint8Array
}

/** A head with all its entries, in ascending order of versions. Never changes once made. */
export interface OwnerState {
  readonly head: Head
  readonly entries: readonly Entry[]
  /** Of all entries. */
  readonly bytes: number
}

/** How two states of an owner are ordered: by epoch, version, and root, so that nodes agree even if an owner signs two. */
export type HeadOrder = Pick<Head, 'epoch' | 'version'> & { readonly tag: number }

const rootDomain = encodeUtf8('grapevine-state-root/1')
const headDomain = encodeUtf8('grapevine-state/1')

/** Bytes of an owner's id, the start of its key, in digests. */
export const ownerIdSize = 16

/** An owner's id as a key of maps. */
export const ownerIdOf = (owner: Uint8Array): string => keyOf16(owner, 0)

/** First four bytes of a root as a number. */
const tagOf = (root: Uint8Array): number => ((root[0]! << 24) | (root[1]! << 16) | (root[2]! << 8) | root[3]!) >>> 0

/** The place of a head in the order. */
export const orderOf = ({ epoch, version, root }: Head): HeadOrder => ({ epoch, version, tag: tagOf(root) })

/** Negative, 0 or positive, as `Array.sort` wants it: later is more. */
export const compareOrder = (a: HeadOrder, b: HeadOrder): number =>
  a.epoch - b.epoch || a.version - b.version || a.tag - b.tag

/** The same of a head, without making a copy of its place. */
export const compareHead = ({ epoch, version, root }: Head, other: HeadOrder): number =>
  epoch - other.epoch || version - other.version || tagOf(root) - other.tag

/** The same of two heads. */
export const compareHeads = (a: Head, b: Head): number =>
  a.epoch - b.epoch || a.version - b.version || tagOf(a.root) - tagOf(b.root)

/**
 * SHA-256("grapevine-state-root/1" ‖ owner ‖ epoch ‖ version ‖ floor ‖ count ‖ SHA-256 of each entry, in order of
 * versions), numbers in 8 bytes, big-endian.
 */
export function rootOf(
  { owner, epoch, version, floor }: Pick<Head, 'owner' | 'epoch' | 'version' | 'floor'>,
  entries: readonly Entry[],
  hash: Sha256,
): Uint8Array {
  const start = rootDomain.length + 32
  const input = new Uint8Array(start + 32 + 32 * entries.length)
  input.set(rootDomain)
  input.set(owner, rootDomain.length)
  for (const [index, value] of [epoch, version, floor, entries.length].entries())
    writeNumber(input, start + 8 * index, 8, value)
  for (const [index, entry] of entries.entries()) input.set(entry.hash, start + 32 + 32 * index)
  return hash(input)
}

/** What an owner signs: "grapevine-state/1" ‖ network id ‖ root, each after its length in one byte. */
export function headSignedBytes(networkId: Uint8Array, root: Uint8Array): Uint8Array {
  const parts = [headDomain, networkId, root]
  const bytes = new Uint8Array(parts.reduce((sum, { length }) => sum + 1 + length, 0))
  let offset = 0
  for (const part of parts) {
    bytes[offset] = part.length
    bytes.set(part, offset + 1)
    offset += 1 + part.length
  }
  return bytes
}

/**
 * What is left of `base` once `newer` is written over it: one entry a key, no tombstone up to `floor`, in order of
 * versions. Both are in that order, and all of `newer` is newer.
 */
export function mergeEntries(base: readonly Entry[], newer: readonly Entry[], floor: number): Entry[] {
  const written = new Set(newer.map(({ key }) => key))
  const isKept = ({ value, version }: Entry): boolean => value !== undefined || version > floor
  return [...base.filter((entry) => !written.has(entry.key)), ...newer].filter(isKept)
}

/** Bytes of entries. */
export const bytesOf = (entries: readonly Entry[]): number => entries.reduce((sum, { bytes }) => sum + bytes.length, 0)

/** The entry of a key; undefined if there is none. A tombstone is an entry. */
export const entryOf = (state: OwnerState | undefined, key: string): Entry | undefined =>
  state?.entries.find((entry) => entry.key === key)
