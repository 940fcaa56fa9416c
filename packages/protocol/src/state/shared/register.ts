import { compareBytes } from '../../bytes.ts'
import { varintFieldSize, WireReader, WireWriter, bytesFieldSize } from '../../wire.ts'
import { stateValueSizeMax } from '../limits.ts'
import { aheadUsMax, compareTimes, type HybridTime, timeAfter } from './clock.ts'
import type { Contribution } from './contribution.ts'

/** A write of a shared register. */
export interface RegisterWrite extends HybridTime {
  /** Absent: cleared. */
  readonly value: Uint8Array | undefined
}

/** What a register is at present. */
export interface RegisterValue extends RegisterWrite {
  /** Who wrote it. */
  readonly owner: Uint8Array
}

const valueRange = { min: 1, max: stateValueSizeMax }
const noBytes = new Uint8Array(0)

/** Bytes of a value in a register at most: what fits beside its time. */
export const registerValueSizeMax: number = stateValueSizeMax - 32

/**
 * What a register holds: the write with the latest hybrid time, of the owner with the larger key if two are equal. Each owner
 * keeps its own last write; what an owner wrote goes when the owner is forgotten. A write more than two minutes ahead of
 * `wall` (µs) does not count yet. Undefined if nobody wrote, or what was written last is that it is cleared.
 */
export function readRegister(contributions: Iterable<Contribution>, wall: number): RegisterValue | undefined {
  const last = latest(contributions, wall)
  return last?.value === undefined ? undefined : last
}

/** The bytes with which an owner overwrites all that it has seen. The caller keeps to `registerValueSizeMax`. */
export function writeRegister(
  contributions: Iterable<Contribution>,
  { value, wall }: { readonly value: Uint8Array | undefined; readonly wall: number },
): Uint8Array {
  const seen = latest(contributions, wall)
  const time = timeAfter(seen === undefined ? [] : [seen], wall)
  return encodeRegister({ ...time, value })
}

/** A write in its one form. */
export function encodeRegister({ wall, count, value }: RegisterWrite): Uint8Array {
  const cleared = value === undefined ? 1 : 0
  const valueSize = value === undefined || value.length === 0 ? 0 : bytesFieldSize(value.length)
  const writer = new WireWriter(varintFieldSize(wall) + varintFieldSize(count) + valueSize + varintFieldSize(cleared))
  writer.varint(1, wall)
  writer.varint(2, count)
  if (valueSize > 0) writer.bytes(3, value!)
  writer.varint(4, cleared)
  return writer.finish()
}

/** Reads a write of a peer. Never throws; undefined for all but the canonical bytes. */
export function decodeRegister(bytes: Uint8Array): RegisterWrite | undefined {
  const reader = new WireReader(bytes)
  const wall = reader.varint(1)
  const count = reader.varint(2, 2 ** 32)
  const value = reader.bytes(3, valueRange)
  const isCleared = reader.varint(4, 1) === 1
  if (!reader.end() || (isCleared && value !== undefined)) return undefined
  return { wall, count, value: isCleared ? undefined : (value ?? noBytes) }
}

function latest(contributions: Iterable<Contribution>, wall: number): RegisterValue | undefined {
  let last: RegisterValue | undefined
  for (const { owner, value } of contributions) {
    const write = decodeRegister(value)
    if (write === undefined || write.wall > wall + aheadUsMax) continue
    const order = last === undefined ? 1 : compareTimes(write, last) || compareBytes(owner, last.owner)
    if (order > 0) last = { ...write, owner }
  }
  return last
}
