import { ProtocolError } from './error.ts'

// TextEncoder and TextDecoder are in every runtime but in no ECMAScript lib; only what is used here is declared.
declare const TextEncoder: new () => { encode(text: string): Uint8Array }
declare const TextDecoder: new (
  label: 'utf-8',
  options: { readonly fatal: true; readonly ignoreBOM: true },
) => { decode(bytes: Uint8Array): string }

const encoder = new TextEncoder()
// Without ignoreBOM the decoder drops a leading U+FEFF, and decoding would not be the inverse of encoding.
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

/** UTF-8 bytes of a string, in a fresh array. Throws `not-unicode` on a lone surrogate instead of replacing it. */
export function encodeUtf8(text: string): Uint8Array {
  const bytes = new Uint8Array(text.length)
  for (let i = 0; i < text.length; i++) {
    const unit = text.charCodeAt(i)
    if (unit > 0x7f) return encodeBeyondAscii(text)
    bytes[i] = unit
  }
  return bytes
}

/** The string of strict UTF-8 bytes, byte order mark kept; undefined if they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return decoder.decode(bytes)
  } catch {
    return undefined
  }
}

function encodeBeyondAscii(text: string): Uint8Array {
  const position = text.search(/\p{Surrogate}/u)
  if (position >= 0) throw new ProtocolError('not-unicode', `lone surrogate at position ${position}`, { position })
  return encoder.encode(text)
}
