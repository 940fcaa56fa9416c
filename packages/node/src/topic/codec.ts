import { isShallowJson } from './json-depth.ts'

/**
 * Payload bytes to values and back. `decode` throws on bytes that are none. Methods, not properties: a list can then hold
 * topics of several types.
 */
export interface Codec<Value> {
  encode(value: Value): Uint8Array
  decode(payload: Uint8Array): Value
}

const encoder = new TextEncoder()
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

export const bytesCodec: Codec<Uint8Array> = { encode: (value) => value, decode: (payload) => payload }

export const textCodec: Codec<string> = {
  encode: (value) => encoder.encode(value),
  decode: (payload) => decoder.decode(payload),
}

/** JSON from peers: refused where it is nested so deeply that later steps would overflow the stack. */
export const jsonCodec: Codec<unknown> = {
  encode: (value) => encoder.encode(JSON.stringify(value)),
  decode: (payload) => {
    if (!isShallowJson(payload)) throw new SyntaxError('JSON is nested too deeply')
    return JSON.parse(decoder.decode(payload)) as unknown
  },
}
