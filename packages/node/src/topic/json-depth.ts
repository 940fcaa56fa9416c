/** Deepest nesting of a JSON payload; real schemas stay below 20, and the stack overflows near 10,000. */
export const jsonDepthMax = 64

const quote = 0x22
const backslash = 0x5c

/** Whether JSON text nests at most {@link jsonDepthMax} deep; one pass over the bytes, before anything is parsed. */
export function isShallowJson(bytes: Uint8Array): boolean {
  let depth = 0
  let isInString = false
  for (let at = 0; at < bytes.length; at++) {
    const byte = bytes[at]!
    if (isInString) {
      if (byte === backslash) at++
      else if (byte === quote) isInString = false
      continue
    }
    if (byte === quote) isInString = true
    else if (byte === 0x7b || byte === 0x5b) {
      if (++depth > jsonDepthMax) return false
    } else if (byte === 0x7d || byte === 0x5d) depth--
  }
  return true
}
