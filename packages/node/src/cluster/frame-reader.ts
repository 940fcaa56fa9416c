/** What is read from one stream, at most. */
export interface FrameBounds {
  /** Bytes of a frame, below 2^21. */
  readonly frameBytesMax: number
  /** Bytes that may come in a row, and a second. A frame counts for 1 KiB more than it has. */
  readonly burstBytes: number
  readonly bytesPerSecond: number
}

/** What a frame costs beside its bytes, in those of the allowance: so small frames have a bound too. */
const frameCost = 1024
/** The length is a varint of at most this many bytes. */
const lengthBytesMax = 3

/**
 * Takes frames out of chunks: each a varint length and as many bytes. What waits for its end is one frame at most; how much
 * comes is for the caller to hold back, who is told for how long.
 */
export class FrameReader {
  readonly #bounds: FrameBounds
  #length = 0
  #lengthBytes = 0
  /** The frame that is being read, once its length is known. */
  #frame: Uint8Array | undefined
  #filled = 0
  #allowed: number
  #at: number

  constructor(bounds: FrameBounds, now: number) {
    this.#bounds = bounds
    this.#allowed = bounds.burstBytes
    this.#at = now
  }

  /** Takes a chunk in; gives the frames that are whole, in copies of their own, or undefined if one is too long. */
  take(chunk: Uint8Array): Uint8Array[] | undefined {
    const frames: Uint8Array[] = []
    let at = 0
    while (at < chunk.length) {
      if (this.#frame === undefined) {
        const byte = chunk[at++]!
        this.#length += (byte & 0x7f) * 2 ** (7 * this.#lengthBytes++)
        const isLast = byte < 0x80
        if (this.#length > this.#bounds.frameBytesMax || (!isLast && this.#lengthBytes === lengthBytesMax))
          return undefined
        if (!isLast) continue
        this.#frame = new Uint8Array(this.#length)
      }
      const part = chunk.subarray(at, at + this.#frame.length - this.#filled)
      this.#frame.set(part, this.#filled)
      this.#filled += part.length
      at += part.length
      if (this.#filled < this.#frame.length) return frames
      frames.push(this.#frame)
      this.#allowed -= this.#frame.length + frameCost
      this.#frame = undefined
      this.#filled = this.#length = this.#lengthBytes = 0
    }
    return frames
  }

  /** For how many ms to take no more in; 0: go on. */
  restMs(now: number): number {
    const { burstBytes, bytesPerSecond } = this.#bounds
    this.#allowed = Math.min(burstBytes, this.#allowed + ((now - this.#at) / 1000) * bytesPerSecond)
    this.#at = now
    return this.#allowed >= 0 ? 0 : Math.ceil((-this.#allowed / bytesPerSecond) * 1000)
  }
}

/** A frame with its length before it. */
export function prefixed(frame: Uint8Array): Uint8Array {
  const length: number[] = []
  let left = frame.length
  for (; left >= 0x80; left >>>= 7) length.push((left & 0x7f) | 0x80)
  length.push(left)
  const bytes = new Uint8Array(length.length + frame.length)
  bytes.set(length)
  bytes.set(frame, length.length)
  return bytes
}
