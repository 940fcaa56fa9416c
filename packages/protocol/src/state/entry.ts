import { sha256 } from '../id.ts'
import type { Sha256 } from '../id.ts'
import { decodeUtf8, encodeUtf8 } from '../text.ts'
import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../wire.ts'
import { stateKeySizeMax, stateValueSizeMax } from './limits.ts'

/** One key of an owner, as it was last written. */
export interface Entry {
  /** 1 to 256 bytes of UTF-8. */
  readonly key: string
  /** The owner's count of writes when it wrote this, 1 to 2^48 − 1. */
  readonly version: number
  /** The owner's wall clock when it wrote this, µs since 1970. */
  readonly time: number
  /** Absent: deleted (a tombstone). */
  readonly value: Uint8Array | undefined
  /** The canonical bytes, of which `value` is a view. */
  readonly bytes: Uint8Array
  /** SHA-256 of `bytes`. */
  readonly hash: Uint8Array
}

/** What a write says. */
export type EntryFields = Omit<Entry, 'bytes' | 'hash'>

/** Highest version and epoch: they take six bytes in digests. */
export const stateVersionMax: number = 2 ** 48 - 1

const keyRange = { min: 1, max: stateKeySizeMax }
const valueRange = { min: 1, max: stateValueSizeMax }
const noBytes = new Uint8Array(0)

/** Bytes of an entry at most. */
export const entrySizeMax: number = bytesFieldSize(stateKeySizeMax) + bytesFieldSize(stateValueSizeMax) + 20

/** An entry in its one form. The caller keeps to the bounds; the value is copied. Throws `not-unicode`. */
export function makeEntry({ key, version, time, value }: EntryFields, hash: Sha256 = sha256): Entry {
  const keyBytes = encodeUtf8(key)
  const valueSize = value === undefined || value.length === 0 ? 0 : bytesFieldSize(value.length)
  const deleted = value === undefined ? 1 : 0
  const numbers = varintFieldSize(version) + varintFieldSize(time) + varintFieldSize(deleted)
  const writer = new WireWriter(bytesFieldSize(keyBytes.length) + numbers + valueSize)
  writer.bytes(1, keyBytes)
  writer.varint(2, version)
  writer.varint(3, time)
  if (valueSize > 0) writer.bytes(4, value!)
  writer.varint(5, deleted)
  return decodeEntry(writer.finish(), hash)!
}

/** Reads an entry from a peer. Never throws; undefined for all but canonical bytes. Keeps `bytes`, which the caller gives away. */
export function decodeEntry(bytes: Uint8Array, hash: Sha256 = sha256): Entry | undefined {
  const reader = new WireReader(bytes)
  const key = decodeUtf8(reader.bytes(1, keyRange) ?? noBytes)
  const version = reader.varint(2, stateVersionMax)
  const time = reader.varint(3)
  const value = reader.bytes(4, valueRange)
  const isDeleted = reader.varint(5, 1) === 1
  if (!reader.end() || key === undefined || key === '' || version === 0) return undefined
  if (isDeleted && value !== undefined) return undefined
  return { key, version, time, value: isDeleted ? undefined : (value ?? noBytes), bytes, hash: hash(bytes) }
}
