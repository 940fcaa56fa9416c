const hexOfByte: readonly string[] = Array.from({ length: 256 }, (_, byte) => byte.toString(16).padStart(2, '0'))

/** Value of each ASCII hex digit, in either case; 255 for every other character code below 128. */
const digitOfCode = new Uint8Array(128).fill(255)
for (let value = 0; value < 16; value++) {
  const digit = value.toString(16)
  digitOfCode[digit.charCodeAt(0)] = value
  digitOfCode[digit.toUpperCase().charCodeAt(0)] = value
}

/** All parts one after the other, in a fresh array. */
export function concatBytes(...parts: readonly Uint8Array[]): Uint8Array {
  let length = 0
  for (const part of parts) length += part.length
  const result = new Uint8Array(length)
  let offset = 0
  for (const part of parts) {
    result.set(part, offset)
    offset += part.length
  }
  return result
}

/** Small copies share arrays of this size: an array of its own costs more than the copying. */
const poolSize = 16 << 10
let pool = new Uint8Array(poolSize)
let poolUsed = 0

/**
 * A copy that shares its memory with other copies, if it is small: cheap to make, but each keeps up to 16 KiB alive. For
 * what comes and goes together.
 */
export function copyBytes(bytes: Uint8Array): Uint8Array {
  const { length } = bytes
  if (length > poolSize / 8) return new Uint8Array(bytes)
  if (poolUsed + length > poolSize) {
    pool = new Uint8Array(poolSize)
    poolUsed = 0
  }
  const copy = pool.subarray(poolUsed, poolUsed + length)
  copy.set(bytes)
  poolUsed += length
  return copy
}

/** Whether two arrays hold the same bytes. Takes longer the more they share: not for secrets. */
export function equalBytes(a: Uint8Array, b: Uint8Array): boolean {
  if (a === b) return true
  if (a.length !== b.length) return false
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false
  return true
}

/** Lexicographic order of unsigned bytes, a prefix first: negative, 0 or positive, as `Array.sort` wants it. */
export function compareBytes(a: Uint8Array, b: Uint8Array): number {
  const shared = Math.min(a.length, b.length)
  for (let i = 0; i < shared; i++) {
    const difference = a[i]! - b[i]!
    if (difference !== 0) return difference
  }
  return a.length - b.length
}

/** Character codes of the digits of 32 bytes, at work. */
const hexCodes: number[] = Array.from({ length: 64 }, () => 0)

/** Lower-case hex, two digits a byte. */
export function toHex(bytes: Uint8Array): string {
  if (bytes.length === 32) {
    // Ids: one flat string, where appending leaves a chain of 26 pieces behind.
    for (let i = 0; i < 32; i++) {
      const pair = hexOfByte[bytes[i]!]!
      hexCodes[2 * i] = pair.charCodeAt(0)
      hexCodes[2 * i + 1] = pair.charCodeAt(1)
    }
    return String.fromCharCode(...hexCodes)
  }
  let text = ''
  for (let i = 0; i < bytes.length; i++) text += hexOfByte[bytes[i]!]!
  return text
}

/** Bytes of a hex string in either case; undefined if its length is odd or a character is no hex digit. */
export function fromHex(text: string): Uint8Array | undefined {
  if (text.length % 2 !== 0) return undefined
  const bytes = new Uint8Array(text.length / 2)
  for (let i = 0; i < bytes.length; i++) {
    const high = digitOfCode[text.charCodeAt(2 * i)] ?? 255
    const low = digitOfCode[text.charCodeAt(2 * i + 1)] ?? 255
    if (high > 15 || low > 15) return undefined
    bytes[i] = (high << 4) | low
  }
  return bytes
}

/**
 * The bytes as a string of one character per byte (latin1), to use as a key of a Map or Set: equal keys if and
 * only if equal bytes. Half the size of hex. Not for people, logs or JSON.
 */
export function keyOf(bytes: Uint8Array): string {
  const b = bytes
  if (b.length === 32) {
    // Ids and keys: one call with plain arguments makes the string in one allocation, without a spread.
    // prettier-ignore
    return String.fromCharCode(
      b[0]!, b[1]!, b[2]!, b[3]!, b[4]!, b[5]!, b[6]!, b[7]!, b[8]!, b[9]!, b[10]!, b[11]!, b[12]!, b[13]!, b[14]!, b[15]!,
      b[16]!, b[17]!, b[18]!, b[19]!, b[20]!, b[21]!, b[22]!, b[23]!, b[24]!, b[25]!, b[26]!, b[27]!, b[28]!, b[29]!, b[30]!, b[31]!,
    )
  }
  if (b.length === 16) return keyOf16(b, 0)
  let key = ''
  // In pieces, because arguments live on the stack.
  for (let i = 0; i < b.length; i += 4096) key += String.fromCharCode(...b.subarray(i, i + 4096))
  return key
}

/** {@link keyOf} of the 16 bytes from an offset on, all of them within the array, without a view of them. */
export function keyOf16(bytes: Uint8Array, offset: number): string {
  const b = bytes
  const o = offset
  // prettier-ignore
  return String.fromCharCode(
    b[o]!, b[o + 1]!, b[o + 2]!, b[o + 3]!, b[o + 4]!, b[o + 5]!, b[o + 6]!, b[o + 7]!,
    b[o + 8]!, b[o + 9]!, b[o + 10]!, b[o + 11]!, b[o + 12]!, b[o + 13]!, b[o + 14]!, b[o + 15]!,
  )
}
