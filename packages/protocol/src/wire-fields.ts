import { bytesFieldSize, varintFieldSize, WireWriter } from './wire.ts'

/** Fields in ascending order, written at the end, when their size is known. */
export class Fields {
  readonly #numbers: number[] = []
  readonly #values: (number | Uint8Array)[] = []
  #size = 0

  /** Left out if it is 0. */
  varint(field: number, value: number): this {
    this.#numbers.push(field)
    this.#values.push(value)
    this.#size += varintFieldSize(value)
    return this
  }

  /** Written even if it is empty. */
  bytes(field: number, value: Uint8Array): this {
    this.#numbers.push(field)
    this.#values.push(value)
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
    this.#write(writer)
    return writer.finish()
  }

  /** The bytes as the only field of another, owned by the caller. */
  finishWithin(field: number): Uint8Array {
    const writer = new WireWriter(bytesFieldSize(this.#size))
    writer.start(field, this.#size)
    this.#write(writer)
    return writer.finish()
  }

  #write(writer: WireWriter): void {
    for (let index = 0; index < this.#numbers.length; index++) {
      const value = this.#values[index]!
      if (typeof value === 'number') writer.varint(this.#numbers[index]!, value)
      else writer.bytes(this.#numbers[index]!, value)
    }
  }
}
