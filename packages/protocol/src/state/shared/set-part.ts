import { bytesFieldSize, varintFieldSize, WireReader, WireWriter } from '../../wire.ts'
import { stateVersionMax } from '../entry.ts'
import { ownerIdSize } from '../owner-state.ts'

/** One act of adding, by its owner's life and its count of additions in it, from 1: never the same twice. */
export interface Addition {
  /** 1 to 1,024 bytes. */
  readonly element: Uint8Array
  readonly epoch: number
  readonly count: number
}

/** That somebody's addition was seen, and is to count no more. */
export interface Removal {
  /** First 16 bytes of the key of who added. */
  readonly owner: Uint8Array
  readonly epoch: number
  readonly count: number
}

/** What one owner says of a set. */
export interface SetPart {
  /** The life in which it last added, and how often it has in that life; 0 if it never has. */
  readonly epoch: number
  readonly count: number
  readonly additions: readonly Addition[]
  readonly removals: readonly Removal[]
}

/** Bytes of an element at most. */
export const setElementSizeMax = 1024

const elementRange = { min: 1, max: setElementSizeMax }
const idRange = { min: ownerIdSize, max: ownerIdSize }
const itemRange = { min: 1, max: setElementSizeMax + 32 }
const itemsMax = 8192

/** A part in its one form. */
export function encodeSetPart({ epoch, count, additions, removals }: SetPart): Uint8Array {
  const items = [
    ...additions.map((addition) => [3, encodeItem(addition.element, addition)] as const),
    ...removals.map((removal) => [4, encodeItem(removal.owner, removal)] as const),
  ]
  const size = items.reduce((sum, [, item]) => sum + bytesFieldSize(item.length), 0)
  const writer = new WireWriter(varintFieldSize(epoch) + varintFieldSize(count) + size)
  writer.varint(1, epoch)
  writer.varint(2, count)
  for (const [field, item] of items) writer.bytes(field, item)
  return writer.finish()
}

/** Reads a part from a peer. Never throws; undefined for all but the canonical bytes. Arrays are views of the input. */
export function decodeSetPart(bytes: Uint8Array): SetPart | undefined {
  const reader = new WireReader(bytes)
  const epoch = reader.varint(1, stateVersionMax)
  const count = reader.varint(2)
  const additions = reader.repeated(3, itemRange, itemsMax).map((item) => decodeItem(item, elementRange))
  const removals = reader.repeated(4, itemRange, itemsMax).map((item) => decodeItem(item, idRange))
  if (!reader.end() || additions.includes(undefined) || removals.includes(undefined)) return undefined
  return {
    epoch,
    count,
    additions: additions.map((item) => ({ element: item!.bytes, epoch: item!.epoch, count: item!.count })),
    removals: removals.map((item) => ({ owner: item!.bytes, epoch: item!.epoch, count: item!.count })),
  }
}

function encodeItem(bytes: Uint8Array, { epoch, count }: { epoch: number; count: number }): Uint8Array {
  const writer = new WireWriter(bytesFieldSize(bytes.length) + varintFieldSize(epoch) + varintFieldSize(count))
  writer.bytes(1, bytes)
  writer.varint(2, epoch)
  writer.varint(3, count)
  return writer.finish()
}

function decodeItem(
  item: Uint8Array,
  range: { readonly min: number; readonly max: number },
): { readonly bytes: Uint8Array; readonly epoch: number; readonly count: number } | undefined {
  const reader = new WireReader(item)
  const bytes = reader.bytes(1, range)
  const epoch = reader.varint(2, stateVersionMax)
  const count = reader.varint(3)
  return reader.end() && bytes !== undefined && epoch > 0 && count > 0 ? { bytes, epoch, count } : undefined
}
