const partCount = 8
const partBytes = 1_024
const idBytes = 8

/** A message of gossipsub-interop in eight parts, of which some are here. Bitmaps have part 0 in their lowest bit. */
export class PartialMessage {
  /** Group id, big-endian. */
  readonly id: Uint8Array
  readonly #parts: (Uint8Array | undefined)[] = Array.from({ length: partCount })

  constructor(id: Uint8Array) {
    this.id = id
  }

  /** With the parts of a bitmap: numbers of 64 bits that count up from the group id. */
  static of(group: number, bitmap: number): PartialMessage {
    const message = new PartialMessage(numbers(BigInt(group), idBytes))
    for (let part = 0; part < partCount; part++) {
      const start = BigInt(group) + BigInt((part * partBytes) / idBytes)
      if (has(bitmap, part)) message.#parts[part] = numbers(start, partBytes)
    }
    return message
  }

  get group(): bigint {
    return Buffer.from(this.id).readBigUInt64BE()
  }

  get bitmap(): number {
    return this.#parts.reduce((bits, bytes, part) => (bytes === undefined ? bits : bits | (1 << part)), 0)
  }

  get isComplete(): boolean {
    return this.#parts.every((part) => part !== undefined)
  }

  /** Takes the parts of an encoded message that are missing here; whether there were any. What is malformed is left. */
  extend(encoded: Uint8Array): boolean {
    const bitmap = encoded[0] ?? 0
    const here = this.bitmap
    let at = 1
    for (let part = 0; part < partCount; part++) {
      if (!has(bitmap, part)) continue
      if (at + partBytes + idBytes > encoded.length) break
      this.#parts[part] ??= encoded.slice(at, at + partBytes)
      at += partBytes
    }
    return this.bitmap !== here
  }

  /** The parts that somebody lacks: their bitmap, the parts, the group id. Undefined if none of them is here. */
  encodeFor(theirs: number): Uint8Array | undefined {
    const bitmap = this.bitmap & ~theirs
    if (bitmap === 0) return undefined
    return Buffer.concat([
      Buffer.of(bitmap),
      ...this.#parts.filter((_, part) => has(bitmap, part)).map((part) => part!),
      this.id,
    ])
  }
}

const has = (bitmap: number, part: number): boolean => (bitmap & (1 << part)) !== 0

function numbers(start: bigint, length: number): Uint8Array {
  const bytes = Buffer.alloc(length)
  for (let at = 0; at < length; at += idBytes) bytes.writeBigUInt64BE(start + BigInt(at / idBytes), at)
  return bytes
}
