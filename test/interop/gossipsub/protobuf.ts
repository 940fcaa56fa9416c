/** A field of a protobuf message: its number, and a number or bytes. */
export type Field = readonly [number: number, value: number | Uint8Array | string]

/** Encodes fields as varints and length-delimited values, in this order. */
export function encode(fields: readonly Field[]): Uint8Array {
  const parts = fields.flatMap(([number, value]) => {
    if (typeof value === 'number') return [varint(number << 3), varint(value)]
    const bytes = Buffer.from(value)
    return [varint((number << 3) | 2), varint(bytes.length), bytes]
  })
  return Buffer.concat(parts)
}

/** Reads the fields of a message. What is cut short or of another kind ends it. */
export function* decode(bytes: Uint8Array): Generator<readonly [number: number, value: number | Uint8Array]> {
  let at = 0
  const next = (): number => {
    let value = 0
    for (let scale = 1; at < bytes.length; scale *= 128) {
      const byte = bytes[at++]!
      value += (byte & 127) * scale
      if (byte < 128) return value
    }
    return NaN
  }
  while (at < bytes.length) {
    const tag = next()
    const value = next()
    const kind = tag % 8
    if (Number.isNaN(value) || (kind !== 0 && kind !== 2)) return
    if (kind === 0) yield [Math.floor(tag / 8), value]
    else {
      yield [Math.floor(tag / 8), bytes.subarray(at, at + value)]
      at += value
    }
  }
}

/** The last value of a field that holds bytes. */
export function bytesOf(bytes: Uint8Array, number: number): Uint8Array | undefined {
  let found: Uint8Array | undefined
  for (const [field, value] of decode(bytes)) if (field === number && typeof value !== 'number') found = value
  return found
}

/** Whether a field is there and not 0. */
export function isSet(bytes: Uint8Array, number: number): boolean {
  for (const [field, value] of decode(bytes)) if (field === number && value !== 0) return true
  return false
}

function varint(value: number): Uint8Array {
  const bytes: number[] = []
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) return Uint8Array.from([...bytes, rest])
    bytes.push((rest % 128) | 128)
  }
}
