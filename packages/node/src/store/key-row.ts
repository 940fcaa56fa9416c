import { keySize, type RecordKey } from './record.ts'

/*
 * A row of table `key`: at = f64 time · key, big-endian, so that bytes sort like (time, key); tail = f64 arrival of the
 * record · u32 check. The check covers the row: a bit error cannot make a message that we do not have.
 */

/** Bytes of `at`. */
export const atSize: number = 8 + keySize
/** Bytes of `tail`. */
export const tailSize = 12

/** `at` for one message. */
export function atOf({ time, key }: RecordKey): Uint8Array {
  const at = new Uint8Array(atSize)
  new DataView(at.buffer).setFloat64(0, time)
  at.set(key, 8)
  return at
}

/** The time in an `at`. */
export const timeOf = (at: Uint8Array): number => new DataView(at.buffer, at.byteOffset).getFloat64(0)

/** `at` of every key of a record, concatenated. */
export function atsOf(time: number, keys: Uint8Array): Uint8Array {
  const count = keys.length / keySize
  const ats = new Uint8Array(count * atSize)
  const view = new DataView(ats.buffer)
  for (let index = 0; index < count; index++) {
    view.setFloat64(index * atSize, time)
    ats.set(keys.subarray(index * keySize, (index + 1) * keySize), index * atSize + 8)
  }
  return ats
}

/**
 * The check of a row: each step is a bijection of what came before and of the next word, so that a change in one word
 * always shows.
 */
export function checkOf(topic: number, at: DataView, atStart: number, tail: DataView, tailStart: number): number {
  let check = topic | 0
  for (let offset = 0; offset < atSize; offset += 4) check = mix(check, at.getUint32(atStart + offset))
  return mix(mix(check, tail.getUint32(tailStart)), tail.getUint32(tailStart + 4)) >>> 0
}

/** `tail` of every row of a record, concatenated, for the rows' `at`. */
export function tailsOf(topic: number, ats: Uint8Array, arrival: number): Uint8Array {
  const count = ats.length / atSize
  const tails = new Uint8Array(count * tailSize)
  const [from, to] = [new DataView(ats.buffer, ats.byteOffset), new DataView(tails.buffer)]
  for (let index = 0; index < count; index++) {
    to.setFloat64(index * tailSize, arrival)
    to.setUint32(index * tailSize + 8, checkOf(topic, from, index * atSize, to, index * tailSize))
  }
  return tails
}

/** The arrival in a row's `tail`, or undefined where the row does not hold together. */
export function arrivalOf(topic: number, at: Uint8Array, tail: Uint8Array): number | undefined {
  if (at.length !== atSize || tail.length !== tailSize) return undefined
  const [atView, tailView] = [new DataView(at.buffer, at.byteOffset), new DataView(tail.buffer, tail.byteOffset)]
  return checkOf(topic, atView, 0, tailView, 0) === tailView.getUint32(8) ? tailView.getFloat64(0) : undefined
}

function mix(check: number, word: number): number {
  const mixed = Math.imul(check ^ word, 0x9e37_79b1)
  return (mixed << 13) | (mixed >>> 19)
}
