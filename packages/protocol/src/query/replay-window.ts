import { keyOf } from '../bytes.ts'

/** Numbers below the highest that are told apart: queries of one origin may overtake each other by so many. */
const windowBits = 64n
const mask = (1n << windowBits) - 1n

interface Window {
  epoch: number
  top: number
  /** Bit n: whether the number `top - n` was there. */
  bits: bigint
}

/**
 * Which queries of each origin were there, so that none is carried out twice, whoever sends an old one again: the last life,
 * its highest number, and 64 bits (as IPsec does against replays, RFC 4303 §3.4.3).
 */
export class ReplayWindow {
  readonly #originsMax: number
  readonly #windows = new Map<string, Window>()

  constructor(originsMax: number) {
    this.#originsMax = originsMax
  }

  /** Whether this query may be new. */
  isNew(origin: Uint8Array, epoch: number, number: number): boolean {
    const window = this.#windows.get(keyOf(origin))
    if (window === undefined || epoch > window.epoch) return true
    if (epoch < window.epoch) return false
    const behind = window.top - number
    return behind < 0 || (behind < windowBits && (window.bits & (1n << BigInt(behind))) === 0n)
  }

  /** It was there. The caller has checked the signature, and {@link isNew}. */
  add(origin: Uint8Array, epoch: number, number: number): void {
    const key = keyOf(origin)
    const known = this.#windows.get(key)
    const window = known?.epoch === epoch ? known : { epoch, top: number, bits: 0n }
    const ahead = number - window.top
    if (ahead > 0) {
      window.bits = ahead >= windowBits ? 0n : (window.bits << BigInt(ahead)) & mask
      window.top = number
    }
    window.bits |= 1n << BigInt(window.top - number)
    this.#windows.delete(key)
    this.#windows.set(key, window)
    if (this.#windows.size > this.#originsMax) this.#windows.delete(this.#windows.keys().next().value!)
  }
}
