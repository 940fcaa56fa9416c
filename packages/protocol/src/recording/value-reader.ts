import { toHex } from '../bytes.ts'
import { ProtocolError } from '../error.ts'
import { KeyList, keyIdSize } from '../reconcile/key.ts'
import { decodeUtf8 } from '../text.ts'
import { depthMax, knownMax, knownTextMax, shapeKeysMax, valueTag } from './value-tag.ts'

/**
 * Reads what a {@link ValueWriter} wrote, piece by piece and from the beginning. Everything that it returns is a copy. Throws
 * `recording` for anything else, and never takes more memory than a small multiple of what it reads.
 */
export class ValueReader {
  readonly #texts: string[] = []
  readonly #shapes: (readonly string[])[] = []
  #bytes: Uint8Array = new Uint8Array()
  #view: DataView = new DataView(new ArrayBuffer(0))
  #at = 0

  /** Goes on with the next piece. */
  take(bytes: Uint8Array): void {
    this.#bytes = bytes
    this.#view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    this.#at = 0
  }

  /** Whether the piece is read. */
  get isAtEnd(): boolean {
    return this.#at >= this.#bytes.length
  }

  byte(): number {
    return this.#bytes[this.#skip(1)]!
  }

  float(): number {
    return this.#view.getFloat64(this.#skip(8), true)
  }

  raw(size: number): Uint8Array {
    const at = this.#skip(size)
    return this.#bytes.slice(at, at + size)
  }

  value(depth = 0): unknown {
    const tag = this.byte()
    switch (tag) {
      case valueTag.undefined:
        return undefined
      case valueTag.null:
        return null
      case valueTag.false:
        return false
      case valueTag.true:
        return true
      case valueTag.integer:
        return this.#varint()
      case valueTag.negative:
        return -this.#varint()
      case valueTag.float:
        return this.float()
      case valueTag.bigint:
        return this.#bigint()
      case valueTag.bytes:
        return this.raw(this.#varint())
      case valueTag.text:
        return this.#remember(this.#utf8())
      case valueTag.wide:
        return this.#remember(this.#wide())
      case valueTag.hex:
        return toHex(this.raw(this.#varint()))
      case valueTag.known:
        return this.#texts[this.#varint()] ?? bad('a text that never stood there')
    }
    if (depth >= depthMax) return bad('values too deep')
    if (tag === valueTag.list) return this.#list(depth)
    if (tag === valueTag.object) return this.#object(depth)
    if (tag === valueTag.keys) return this.#keys()
    return bad(`an unknown kind of value, ${tag}`)
  }

  #list(depth: number): unknown[] {
    const count = this.#counted(1)
    const list: unknown[] = []
    for (let index = 0; index < count; index++) list.push(this.value(depth + 1))
    return list
  }

  #object(depth: number): Record<string, unknown> {
    const id = this.#varint()
    const keys = id === 0 ? this.#newShape() : (this.#shapes[id - 1] ?? bad('a shape that never stood there'))
    const object: Record<string, unknown> = {}
    for (const key of keys) object[key] = this.value(depth + 1)
    return object
  }

  #newShape(): readonly string[] {
    const count = this.#counted(1)
    if (count > shapeKeysMax) return bad('an object with too many properties')
    const keys: string[] = []
    for (let index = 0; index < count; index++) {
      const key = this.#utf8()
      if (key === '__proto__') bad('a property that no event has')
      keys.push(key)
    }
    if (this.#shapes.length < knownMax) this.#shapes.push(keys)
    return keys
  }

  #keys(): KeyList {
    const count = this.#counted(8 + keyIdSize)
    const times = new Float64Array(count)
    for (let index = 0; index < count; index++) times[index] = this.float()
    return KeyList.of(times, this.raw(count * keyIdSize))
  }

  #bigint(): bigint {
    const digits = this.#utf8()
    return /^-?\d{1,40}$/.test(digits) ? BigInt(digits) : bad('a number that is none')
  }

  #utf8(): string {
    return decodeUtf8(this.raw(this.#varint())) ?? bad('a text that is none')
  }

  #wide(): string {
    const count = this.#counted(2)
    let text = ''
    for (let index = 0; index < count; index++) text += String.fromCharCode(this.#view.getUint16(this.#skip(2), true))
    return text
  }

  #remember(text: string): string {
    if (text.length <= knownTextMax && this.#texts.length < knownMax) this.#texts.push(text)
    return text
  }

  /** A number of things that take so many bytes each at least: not more than there can be. */
  #counted(size: number): number {
    const count = this.#varint()
    return count <= (this.#bytes.length - this.#at) / size ? count : bad('more than there is')
  }

  #varint(): number {
    let value = 0
    for (let factor = 1; factor < 2 ** 56; factor *= 0x80) {
      const byte = this.byte()
      value += (byte % 0x80) * factor
      if (byte < 0x80) return value <= Number.MAX_SAFE_INTEGER ? value : bad('a number that is too large')
    }
    return bad('a number that is too long')
  }

  /** The place of the next so many bytes, which count as read. */
  #skip(size: number): number {
    const at = this.#at
    if (size > this.#bytes.length - at) bad('an end where more should follow')
    this.#at += size
    return at
  }
}

/** Throws `recording`: what was found where it should not be. */
export function bad(found: string): never {
  throw new ProtocolError('recording', `the recording has ${found}`)
}
