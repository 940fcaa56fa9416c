import { encodeUtf8 } from '../text.ts'
import { KeyList } from '../reconcile/key.ts'
import { depthMax, knownMax, knownTextMax, shapeKeysMax, valueTag } from './value-tag.ts'

/** Names of the properties of an object, in order: found one by one. */
interface Shape {
  readonly next: Map<string, Shape>
  /** 0: not remembered. */
  id: number
  /** How the names are written out. */
  written: Uint8Array | undefined
  names: readonly string[]
}

const newShape = (): Shape => ({ next: new Map(), id: 0, written: undefined, names: [] })
const surrogate = /\p{Surrogate}/u
const hexMin = 16
/** Names of properties. */
const namePattern = /^[\x20-\x7e]{0,127}$/

/**
 * Writes plain values one after the other: numbers, texts, bytes, lists, objects and lists of keys. Total: what is none of
 * these, as a function, becomes undefined. A reader that has read all from the beginning gets the same values, with the
 * properties of objects in the same order. With `remembers: false` nothing is written with regard to what stood before,
 * so that equal values have equal bytes.
 */
export class ValueWriter {
  readonly #remembers: boolean
  readonly #shapes = newShape()
  /** The shape of so many names that came last: most objects are like the one before. */
  readonly #lastOf: (Shape | undefined)[] = []
  readonly #texts = new Map<string, number>()
  #shapesKnown = 0
  #bytes = new Uint8Array(64 << 10)
  #view = new DataView(this.#bytes.buffer)
  #length = 0

  constructor({ remembers }: { readonly remembers: boolean }) {
    this.#remembers = remembers
  }

  /** Bytes written since the last `clear`. */
  get length(): number {
    return this.#length
  }

  /** What was written since the last `clear`; a view that the next call may overwrite. */
  get written(): Uint8Array {
    return this.#bytes.subarray(0, this.#length)
  }

  /** Begins a new piece; what was remembered stays. */
  clear(): void {
    this.#length = 0
    if (this.#bytes.length > 4 << 20) this.#reserve(0, 64 << 10)
  }

  byte(value: number): void {
    this.#reserve(1)
    this.#bytes[this.#length++] = value
  }

  /** 8 bytes, little-endian. */
  float(value: number): void {
    this.#reserve(8)
    this.#view.setFloat64(this.#length, value, true)
    this.#length += 8
  }

  raw(bytes: Uint8Array): void {
    this.#reserve(bytes.length)
    this.#bytes.set(bytes, this.#length)
    this.#length += bytes.length
  }

  value(value: unknown, depth = 0): void {
    if (typeof value === 'number') return this.#number(value)
    if (typeof value === 'string') return this.#text(value)
    if (typeof value === 'boolean') return this.byte(value ? valueTag.true : valueTag.false)
    if (value === null) return this.byte(valueTag.null)
    if (typeof value === 'object' && depth < depthMax) return this.#compound(value, depth)
    if (typeof value !== 'bigint') return this.byte(valueTag.undefined)
    this.byte(valueTag.bigint)
    this.#sized(encodeUtf8(String(value)))
  }

  #compound(value: object, depth: number): void {
    if (value instanceof Uint8Array) {
      this.byte(valueTag.bytes)
      return this.#sized(value)
    }
    if (Array.isArray(value)) {
      this.byte(valueTag.list)
      this.#varint(value.length)
      for (const item of value) this.value(item, depth + 1)
      return
    }
    if (value instanceof KeyList) return this.#keys(value)
    const keys = Object.keys(value)
    const shape = this.#shapeOf(keys)
    if (shape === undefined) return this.byte(valueTag.undefined)
    this.byte(valueTag.object)
    this.#shape(shape)
    for (const key of keys) this.value((value as Record<string, unknown>)[key], depth + 1)
  }

  /** Undefined for what is no event or action, and cannot be read again. */
  #shapeOf(keys: readonly string[]): Shape | undefined {
    const last = this.#lastOf[keys.length]
    if (last !== undefined && isSame(last.names, keys)) return last
    let shape = this.#shapes
    for (const key of keys) {
      let next = shape.next.get(key)
      if (next === undefined) {
        if (keys.length > shapeKeysMax || !namePattern.test(key) || key === '__proto__') return undefined
        shape.next.set(key, (next = newShape()))
      }
      shape = next
    }
    if (shape.written === undefined) {
      shape.written = namesOf(keys)
      shape.names = keys
    }
    this.#lastOf[keys.length] = shape
    return shape
  }

  #shape(shape: Shape): void {
    if (shape.id > 0) return this.#varint(shape.id)
    if (this.#remembers && this.#shapesKnown < knownMax) shape.id = ++this.#shapesKnown
    this.#varint(0)
    this.raw(shape.written!)
  }

  #number(value: number): void {
    if (!Number.isSafeInteger(value) || Object.is(value, -0)) {
      this.byte(valueTag.float)
      return this.float(value)
    }
    this.byte(value < 0 ? valueTag.negative : valueTag.integer)
    this.#varint(Math.abs(value))
  }

  #text(text: string): void {
    const known = this.#texts.get(text)
    if (known !== undefined) {
      this.byte(valueTag.known)
      return this.#varint(known)
    }
    if (isHex(text)) return this.#hex(text)
    if (this.#remembers && text.length <= knownTextMax && this.#texts.size < knownMax) {
      this.#texts.set(text, this.#texts.size)
    }
    if (surrogate.test(text)) return this.#wide(text)
    this.byte(valueTag.text)
    this.#sized(encodeUtf8(text))
  }

  #hex(text: string): void {
    const size = text.length / 2
    this.byte(valueTag.hex)
    this.#varint(size)
    this.#reserve(size)
    for (let at = 0; at < text.length; at += 2) {
      this.#bytes[this.#length++] = (digitOf(text.charCodeAt(at)) << 4) | digitOf(text.charCodeAt(at + 1))
    }
  }

  #wide(text: string): void {
    this.byte(valueTag.wide)
    this.#varint(text.length)
    this.#reserve(2 * text.length)
    for (let at = 0; at < text.length; at++, this.#length += 2) {
      this.#view.setUint16(this.#length, text.charCodeAt(at), true)
    }
  }

  #keys(keys: KeyList): void {
    this.byte(valueTag.keys)
    this.#varint(keys.length)
    for (const time of keys.times) this.float(time)
    this.raw(keys.ids)
  }

  #sized(bytes: Uint8Array): void {
    this.#varint(bytes.length)
    this.raw(bytes)
  }

  #varint(value: number): void {
    this.#reserve(8)
    let rest = value
    while (rest > 0x7f) {
      this.#bytes[this.#length++] = (rest % 0x80) | 0x80
      rest = Math.floor(rest / 0x80)
    }
    this.#bytes[this.#length++] = rest
  }

  #reserve(size: number, least = this.#bytes.length): void {
    if (size > 0 && this.#length + size <= this.#bytes.length) return
    const bytes = new Uint8Array(Math.max(least, 2 * (this.#length + size)))
    bytes.set(this.#bytes.subarray(0, this.#length))
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer)
  }
}

function isSame(names: readonly string[], keys: readonly string[]): boolean {
  for (let at = 0; at < keys.length; at++) if (names[at] !== keys[at]) return false
  return true
}

/** The number of names, at most 256, and each as text of at most 127 bytes. */
function namesOf(keys: readonly string[]): Uint8Array {
  const { length } = keys
  const bytes: number[] = length < 0x80 ? [length] : [(length % 0x80) | 0x80, length >>> 7]
  for (const key of keys) bytes.push(key.length, ...encodeUtf8(key))
  return Uint8Array.from(bytes)
}

/** Whether a text is lower-case hex of whole bytes, and long enough to be worth it. */
function isHex(text: string): boolean {
  if (text.length < hexMin || text.length % 2 !== 0) return false
  for (let at = 0; at < text.length; at++) if (digitOf(text.charCodeAt(at)) < 0) return false
  return true
}

const digitOf = (code: number): number =>
  code >= 0x30 && code <= 0x39 ? code - 0x30 : code >= 0x61 && code <= 0x66 ? code - 0x57 : -1
