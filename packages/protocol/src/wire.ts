/**
 * The subset of protobuf that Grapevine speaks, in its one canonical form, so that equal values have equal bytes:
 * field numbers 1 to 15 in ascending order, repeated fields contiguous, shortest varints up to 2^53 − 1, no field
 * that holds its default (a zero or empty singular field is absent), nothing unknown.
 * https://protobuf.dev/programming-guides/encoding/
 */

/** Why bytes were refused; the first fault wins. */
export type WireError =
  | 'truncated' // a varint or a length runs over the end
  | 'varint-too-large' // over 2^53 − 1, or over the field's own maximum
  | 'varint-not-minimal' // a shorter encoding of the same number exists
  | 'default-value' // a singular field that holds 0 or no bytes should have been left out
  | 'field-too-long' // over the field's length
  | 'field-too-short' // under the field's length
  | 'too-many' // more repeated fields than allowed
  | 'unexpected-field' // unknown, out of order, repeated though singular, or of another wire type

/** Length limits in bytes, both inclusive. */
export interface LengthRange {
  readonly min: number
  readonly max: number
}

const typeVarint = 0
const typeBytes = 2
const empty = new Uint8Array(0)

/**
 * Reads fields in ascending order; the caller asks for every field that it knows, then calls `end`. Never throws
 * and never allocates more than the bytes given: after a fault `error` is set and every read returns an empty value.
 * What it returns are views into the input, not copies.
 */
export class WireReader {
  error: WireError | undefined = undefined
  /** Number of the field in which `error` arose; 0 for bytes that no field claimed. */
  errorField = 0
  #offset = 0
  readonly #bytes: Uint8Array

  constructor(bytes: Uint8Array) {
    this.#bytes = bytes
  }

  /** A singular varint field, 1 to `max`; 0 if it is absent. */
  varint(field: number, max: number = Number.MAX_SAFE_INTEGER): number {
    if (!this.#take((field << 3) | typeVarint)) return 0
    const value = this.#varint(field)
    if (this.error !== undefined) return 0
    if (value === 0) this.#fail('default-value', field)
    else if (value > max) this.#fail('varint-too-large', field)
    return value
  }

  /** A singular bytes field; undefined if it is absent. `range.min` should be at least 1: an empty one is absent. */
  bytes(field: number, range: LengthRange): Uint8Array | undefined {
    if (!this.#take((field << 3) | typeBytes)) return undefined
    const value = this.#delimited(field, range)
    if (this.error === undefined && value.length === 0) this.#fail('default-value', field)
    return value
  }

  /** A repeated bytes field, at most `countMax` times, each within `range`; stops at the first one too many. */
  repeated(field: number, range: LengthRange, countMax: number): Uint8Array[] {
    const values: Uint8Array[] = []
    const tag = (field << 3) | typeBytes
    while (this.#take(tag)) {
      if (values.length === countMax) {
        this.#fail('too-many', field)
        return values
      }
      values.push(this.#delimited(field, range))
    }
    return values
  }

  /** True if all bytes were read without a fault. */
  end(): boolean {
    if (this.error === undefined && this.#offset < this.#bytes.length) this.#fail('unexpected-field', 0)
    return this.error === undefined
  }

  /** Steps over the tag if it is the next byte. A tag of fields 1 to 15 is one byte, so a longer form never matches. */
  #take(tag: number): boolean {
    if (this.error !== undefined || this.#bytes[this.#offset] !== tag) return false
    this.#offset++
    return true
  }

  #delimited(field: number, range: LengthRange): Uint8Array {
    const length = this.#varint(field)
    if (this.error !== undefined) return empty
    if (length > range.max) return this.#fail('field-too-long', field)
    if (length < range.min) return this.#fail('field-too-short', field)
    const start = this.#offset
    if (length > this.#bytes.length - start) return this.#fail('truncated', field)
    this.#offset = start + length
    return new Uint8Array(this.#bytes.buffer, this.#bytes.byteOffset + start, length)
  }

  #varint(field: number): number {
    const bytes = this.#bytes
    let byte = bytes[this.#offset]
    if (byte !== undefined && byte < 0x80) {
      this.#offset++
      return byte
    }
    let value = 0
    let scale = 1
    // 8 bytes carry 56 bits, 3 more than a number holds; the comparison at the end settles those.
    for (let i = 0; i < 8; i++) {
      byte = bytes[this.#offset]
      if (byte === undefined) {
        this.#fail('truncated', field)
        return 0
      }
      this.#offset++
      value += (byte & 0x7f) * scale
      scale *= 128
      if (byte < 0x80) {
        if (byte === 0) this.#fail('varint-not-minimal', field)
        else if (value > Number.MAX_SAFE_INTEGER) this.#fail('varint-too-large', field)
        return value
      }
    }
    this.#fail('varint-too-large', field)
    return 0
  }

  #fail(error: WireError, field: number): Uint8Array {
    this.error = error
    this.errorField = field
    return empty
  }
}

/** Bytes of a varint, 1 to 8. `value` is an integer of 0 to 2^53 − 1. */
export function varintSize(value: number): number {
  let size = 1
  for (let rest = value; rest >= 128; rest = Math.floor(rest / 128)) size++
  return size
}

/** Bytes of a singular varint field with its tag; 0 for the default, which is left out. */
export function varintFieldSize(value: number): number {
  return value === 0 ? 0 : 1 + varintSize(value)
}

/** Bytes of a bytes field with tag and length, written even if it is empty (as in a repeated field). */
export function bytesFieldSize(length: number): number {
  return 1 + varintSize(length) + length
}

/**
 * Writes fields into one array of exactly the size announced. The caller writes in ascending order and has checked
 * its values; `finish` asserts that the announced size was met.
 */
export class WireWriter {
  readonly #bytes: Uint8Array
  #offset = 0

  constructor(size: number) {
    this.#bytes = new Uint8Array(size)
  }

  /** A singular varint field of 0 to 2^53 − 1; 0 writes nothing. */
  varint(field: number, value: number): void {
    if (value === 0) return
    this.#bytes[this.#offset++] = (field << 3) | typeVarint
    this.#varint(value)
  }

  /** A bytes field, written even if it is empty: the caller leaves out an empty singular one. */
  bytes(field: number, value: Uint8Array): void {
    this.#bytes[this.#offset++] = (field << 3) | typeBytes
    this.delimited(value)
  }

  /** Tag and length of a bytes field, of which `size` bytes follow. */
  start(field: number, size: number): void {
    this.#bytes[this.#offset++] = (field << 3) | typeBytes
    this.#varint(size)
  }

  /** A varint length and the bytes, without a tag. */
  delimited(value: Uint8Array): void {
    this.#varint(value.length)
    this.#bytes.set(value, this.#offset)
    this.#offset += value.length
  }

  /** The array, owned by the caller from here on. */
  finish(): Uint8Array {
    if (this.#offset !== this.#bytes.length) throw new Error(`wrote ${this.#offset} of ${this.#bytes.length} bytes`)
    return this.#bytes
  }

  #varint(value: number): void {
    let rest = value
    while (rest >= 128) {
      this.#bytes[this.#offset++] = (rest % 128) | 0x80
      rest = Math.floor(rest / 128)
    }
    this.#bytes[this.#offset++] = rest
  }
}
