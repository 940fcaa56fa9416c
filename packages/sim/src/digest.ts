/**
 * A running 64-bit hash of plain values, to compare two runs: the mixing of cyrb53 (public domain) over a canonical
 * byte form. Numbers, strings, byte arrays, arrays and objects count with their type and length; object keys are
 * sorted, functions are left out. Not for adversaries.
 */
export class Digest {
  #high = 0xdeadbeef | 0
  #low = 0x41c6ce57 | 0
  readonly #float = new Float64Array(1)
  readonly #words = new Uint32Array(this.#float.buffer)

  add(value: unknown): this {
    if (typeof value === 'number') this.#number(value)
    else if (typeof value === 'string') this.#text(value)
    else if (typeof value === 'boolean') this.#word(value ? 0x71 : 0x70)
    else if (value instanceof Uint8Array) this.#bytes(value)
    else if (Array.isArray(value)) this.#list(value)
    else if (typeof value === 'object' && value !== null) this.#object(value as Readonly<Record<string, unknown>>)
    else this.#word(0x60)
    return this
  }

  /** 16 hex digits over everything added so far; more can be added afterwards. */
  get hex(): string {
    let high = Math.imul(this.#high ^ (this.#high >>> 16), 0x85ebca6b)
    high ^= Math.imul(this.#low ^ (this.#low >>> 13), 0xc2b2ae35)
    let low = Math.imul(this.#low ^ (this.#low >>> 16), 0x85ebca6b)
    low ^= Math.imul(this.#high ^ (this.#high >>> 13), 0xc2b2ae35)
    return [high, low].map((word) => (word >>> 0).toString(16).padStart(8, '0')).join('')
  }

  #word(word: number): void {
    this.#high = Math.imul(this.#high ^ word, 0x9e3779b1)
    this.#low = Math.imul(this.#low ^ word, 0x5f356495)
    this.#high ^= this.#high >>> 15
    this.#low ^= this.#low >>> 13
  }

  #number(value: number): void {
    this.#float[0] = value
    this.#word(0x10)
    this.#word(this.#words[0]!)
    this.#word(this.#words[1]!)
  }

  #text(text: string): void {
    this.#word(0x20)
    this.#word(text.length)
    for (let index = 0; index < text.length; index++) this.#word(text.charCodeAt(index))
  }

  #bytes(bytes: Uint8Array): void {
    this.#word(0x30)
    this.#word(bytes.length)
    const whole = bytes.length & ~3
    for (let at = 0; at < whole; at += 4) {
      this.#word(bytes[at]! | (bytes[at + 1]! << 8) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 24))
    }
    for (let at = whole; at < bytes.length; at++) this.#word(bytes[at]!)
  }

  #list(list: readonly unknown[]): void {
    this.#word(0x40)
    this.#word(list.length)
    for (const value of list) this.add(value)
  }

  #object(object: Readonly<Record<string, unknown>>): void {
    const keys = Object.keys(object).filter((key) => object[key] !== undefined && typeof object[key] !== 'function')
    this.#word(0x50)
    this.#word(keys.length)
    for (const key of keys.toSorted()) {
      this.#text(key)
      this.add(object[key])
    }
  }
}
