/** Writes a whole number in `size` bytes, at most 8, big-endian. */
export function writeNumber(bytes: Uint8Array, offset: number, size: number, value: number): void {
  let rest = value
  for (let index = size - 1; index >= 0; index--) {
    bytes[offset + index] = rest % 256
    rest = Math.floor(rest / 256)
  }
}

/** The number in `size` bytes, at most 6, big-endian. */
export function readNumber(bytes: Uint8Array, offset: number, size: number): number {
  let value = 0
  for (let index = 0; index < size; index++) value = value * 256 + bytes[offset + index]!
  return value
}
