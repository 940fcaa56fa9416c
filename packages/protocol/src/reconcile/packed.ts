import { compareBounds, type Bound, keyIdSize, KeyList } from './key.ts'
import { varintSize } from '../wire.ts'

/** Keys in one frame at most. */
export const packedKeysMax = 2048

/**
 * Keys of `list` from index `from` to `to`, in ascending order: for each the difference of its time from that of the key
 * before, as a varint (the first from 0), then 16 bytes of id.
 */
export function packKeys(list: KeyList, from = 0, to: number = list.length): Uint8Array {
  let size = (to - from) * keyIdSize
  let time = 0
  for (let index = from; index < to; index++) {
    size += varintSize(list.time(index) - time)
    time = list.time(index)
  }
  const bytes = new Uint8Array(size)
  let offset = 0
  time = 0
  for (let index = from; index < to; index++) {
    offset = putVarint(bytes, offset, list.time(index) - time)
    time = list.time(index)
    bytes.set(list.id(index), offset)
    offset += keyIdSize
  }
  return bytes
}

/** Undefined if the bytes are not the packed form of at most `packedKeysMax` keys in strictly ascending order. */
export function unpackKeys(bytes: Uint8Array): KeyList | undefined {
  const list = new KeyList(Math.min(packedKeysMax, Math.ceil(bytes.length / 18)))
  const reader = new VarintReader(bytes)
  let last: Bound | undefined
  while (!reader.atEnd) {
    const difference = reader.next()
    const time = (last?.time ?? 0) + (difference ?? Infinity)
    const at = reader.offset
    if (!(time < Number.MAX_SAFE_INTEGER) || bytes.length - at < keyIdSize || list.length === packedKeysMax)
      return undefined
    const key = { time, id: bytes.subarray(at, at + keyIdSize) }
    if (last !== undefined && compareBounds(last, key) >= 0) return undefined
    list.push(time, bytes, at)
    last = key
    reader.offset += keyIdSize
  }
  return list
}

/** Indexes in strictly ascending order, each as the varint of its difference from the one before less 1. */
export function packIndexes(indexes: readonly number[]): Uint8Array {
  let size = 0
  for (const [at, index] of indexes.entries()) size += varintSize(index - (indexes[at - 1] ?? -1) - 1)
  const bytes = new Uint8Array(size)
  let offset = 0
  for (const [at, index] of indexes.entries()) offset = putVarint(bytes, offset, index - (indexes[at - 1] ?? -1) - 1)
  return bytes
}

/** Undefined if the bytes are not the packed form of indexes below `end`. */
export function unpackIndexes(bytes: Uint8Array, end: number): number[] | undefined {
  const indexes: number[] = []
  const reader = new VarintReader(bytes)
  while (!reader.atEnd) {
    const index = (indexes.at(-1) ?? -1) + 1 + (reader.next() ?? Infinity)
    if (!(index < end)) return undefined
    indexes.push(index)
  }
  return indexes
}

function putVarint(bytes: Uint8Array, offset: number, value: number): number {
  let at = offset
  let rest = value
  while (rest >= 128) {
    bytes[at++] = (rest % 128) | 0x80
    rest = Math.floor(rest / 128)
  }
  bytes[at++] = rest
  return at
}

class VarintReader {
  offset = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  get atEnd(): boolean {
    return this.offset >= this.#bytes.length
  }

  /** Undefined if it runs over the end, is not in its shortest form, or is over 2^53 − 1. */
  next(): number | undefined {
    let value = 0
    let scale = 1
    for (let size = 1; size <= 8; size++, scale *= 128) {
      const byte = this.#bytes[this.offset++]
      if (byte === undefined) return undefined
      value += (byte & 0x7f) * scale
      if (byte >= 0x80) continue
      return (byte === 0 && size > 1) || value > Number.MAX_SAFE_INTEGER ? undefined : value
    }
    return undefined
  }
}
