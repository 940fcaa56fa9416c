/** Bounds and times of a {@link Fetcher}. The defaults are guesses. */
export interface FetchOptions {
  /** Bytes of bodies that are not whole yet. Default 64 MiB: two of the largest size. */
  readonly bytesMax: number
  /** Bodies that are asked for at once because one peer offered them first. Default 4. */
  readonly activeOfPeerMax: number
  /** Offers of one peer that are remembered. Default 1,000. */
  readonly offersOfPeerMax: number
  /** Chunks that one peer is asked for at once. Default 4: 1 MiB under way. */
  readonly inFlightMax: number
  /** Chunks of one body that are looked for at once. Default 16. */
  readonly windowChunks: number
  /** How long a peer may take for a chunk, in ms. Default 10,000. */
  readonly timeoutMs: number
  /** How long a peer that is not preferred waits, in ms, so that preferred ones may offer first. Default 500. */
  readonly delayMs: number
  /**
   * Whether what has come of a body stays when nobody is left to ask, while there is room and until `forget`. Default false. True
   * saves fetching it anew where sources come and go; whoever says so has to forget what failed.
   */
  readonly keepsParts: boolean
}

/** The defaults of {@link FetchOptions}. */
export const fetchOptions: FetchOptions = Object.freeze({
  bytesMax: 64 << 20,
  activeOfPeerMax: 4,
  offersOfPeerMax: 1000,
  inFlightMax: 4,
  windowChunks: 16,
  timeoutMs: 10_000,
  delayMs: 500,
  keepsParts: false,
})
