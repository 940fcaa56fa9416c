/**
 * A target from its compact form (`nBits`), as `arith_uint256::SetCompact` of Bitcoin Core reads it; undefined if it is
 * negative, zero, or more than 256 bits.
 */
export function targetOf(bits: number): bigint | undefined {
  const size = bits >>> 24
  const mantissa = BigInt(bits & 0x007f_ffff)
  const target = size <= 3 ? mantissa >> BigInt(8 * (3 - size)) : mantissa << BigInt(8 * (size - 3))
  const isNegative = mantissa !== 0n && (bits & 0x0080_0000) !== 0
  return isNegative || target === 0n || target >> 256n !== 0n ? undefined : target
}

/** The compact form of a target: its upper 23 bits or less, as `arith_uint256::GetCompact`. */
export function bitsOf(target: bigint): number {
  let size = Math.ceil(target.toString(16).length / 2)
  let mantissa = size <= 3 ? target << BigInt(8 * (3 - size)) : target >> BigInt(8 * (size - 3))
  // The highest bit would be read as a sign.
  if (mantissa >= 0x0080_0000n) {
    mantissa >>= 8n
    size++
  }
  return ((size << 24) | Number(mantissa)) >>> 0
}

/** Hashes that a block of this target takes on average: 2^256 / (target + 1), rounded down. */
export const workOf = (target: bigint): bigint => (1n << 256n) / (target + 1n)
