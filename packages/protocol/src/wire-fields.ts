import { bytesFieldSize, varintFieldSize, WireWriter } from './wire.ts'

/** Fields in ascending order, written at the end, when their size is known. */
export class Fields {
  readonly #fields: [number, number | Uint8Array][] = []
  #size = 0

  /** Left out if it is 0. */
  varint(field: number, value: number): this {
    this.#fields.push([field, value])
    this.#size += varintFieldSize(value)
    return this
  }

  /** Written even if it is empty. */
  bytes(field: number, value: Uint8Array): this {
    this.#fields.push([field, value])
    this.#size += bytesFieldSize(value.length)
    return this
  }

  /** Left out if it is empty. */
  optional(field: number, value: Uint8Array): this {
    return value.length === 0 ? this : this.bytes(field, value)
  }

  /** The bytes, owned by the caller. */
  finish(): Uint8Array {
    const writer = new WireWriter(this.#size)
    for (const [field, value] of this.#fields) {
      if (typeof value === 'number') writer.varint(field, value)
      else writer.bytes(field, value)
    }
    return writer.finish()
  }
}
