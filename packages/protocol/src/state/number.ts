const word = 2 ** 32

/** Writes a whole number in `size` bytes, at most 8, big-endian. */
export function writeNumber(bytes: Uint8Array, offset: number, size: number, value: number): void {
  let low = value >>> 0
  let high = size > 4 ? Math.floor(value / word) : 0
  let at = offset + size - 1
  for (const end = Math.max(offset, at - 3); at >= end; at--) {
    bytes[at] = low
    low >>>= 8
  }
  for (; at >= offset; at--) {
    bytes[at] = high
    high >>>= 8
  }
}

/** The number in `size` bytes, at most 6, big-endian. */
export function readNumber(bytes: Uint8Array, offset: number, size: number): number {
  const middle = offset + Math.max(0, size - 4)
  let high = 0
  for (let at = offset; at < middle; at++) high = (high << 8) | bytes[at]!
  let low = 0
  for (let at = middle; at < offset + size; at++) low = (low << 8) | bytes[at]!
  return high * word + (low >>> 0)
}
