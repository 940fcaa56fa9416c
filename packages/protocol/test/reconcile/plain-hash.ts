/** The hash and the mapping of docs/protocol.md, written as they stand there and as slow as that is: to check ours by. */

const mask = (1n << 64n) - 1n
const rotate = (word: bigint, by: bigint): bigint => ((word << by) | (word >> (64n - by))) & mask

function littleEndian(bytes: Uint8Array, at: number): bigint {
  return new DataView(bytes.buffer, bytes.byteOffset).getBigUint64(at, true)
}

/** SipHash-2-4. */
export function siphash(key: Uint8Array, input: Uint8Array): bigint {
  const [k0, k1] = [littleEndian(key, 0), littleEndian(key, 8)]
  let [a, b, c, d] = [
    k0 ^ 0x736f6d6570736575n,
    k1 ^ 0x646f72616e646f6dn,
    k0 ^ 0x6c7967656e657261n,
    k1 ^ 0x7465646279746573n,
  ]
  const rounds = (count: number): void => {
    for (let round = 0; round < count; round++) {
      a = (a + b) & mask
      b = rotate(b, 13n) ^ a
      a = rotate(a, 32n)
      c = (c + d) & mask
      d = rotate(d, 16n) ^ c
      a = (a + d) & mask
      d = rotate(d, 21n) ^ a
      c = (c + b) & mask
      b = rotate(b, 17n) ^ c
      c = rotate(c, 32n)
    }
  }
  const padded = new Uint8Array((Math.floor(input.length / 8) + 1) * 8)
  padded.set(input)
  padded[padded.length - 1] = input.length
  for (let at = 0; at < padded.length; at += 8) {
    const word = littleEndian(padded, at)
    d ^= word
    rounds(2)
    a ^= word
  }
  c ^= 0xffn
  rounds(4)
  return a ^ b ^ c ^ d
}

/** The symbols below `end` that a key with this hash belongs to. */
export function mappingOf(hash: bigint, end: number): number[] {
  const word = (value: bigint): bigint => value & 0xffff_ffffn
  const turn = (value: bigint, by: bigint): bigint => word((value << by) | (value >> (32n - by)))
  let [s0, s1] = [hash >> 32n, word(hash)]
  if (hash === 0n) s0 = 1n
  const symbols: number[] = []
  for (let index = 0; index < end;) {
    symbols.push(index)
    const output = Number(word(turn(word(s0 * 0x9e3779bbn), 5n) * 5n))
    s1 ^= s0
    s0 = turn(s0, 26n) ^ s1 ^ word(s1 << 9n)
    s1 = turn(s1, 13n)
    index += Math.max(1, Math.ceil((index + 1.5) * (65_536 / Math.sqrt(output + 1) - 1)))
  }
  return symbols
}
