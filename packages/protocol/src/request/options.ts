/** When something is asked for, and of whom. Defaults are those of Bitcoin Core, but for the bound in flight, which there only delays. */
export interface RequestOptions {
  /** Announcements of one peer that are remembered. Default 5,000. More costs memory: about 200 bytes each. */
  readonly announcementsMax: number
  /** Requests that one peer has not answered yet. Default 100. */
  readonly inFlightMax: number
  /** How long a peer that is not preferred waits, in ms, so that preferred ones may announce first. Default 2,000. */
  readonly delayMs: number
  /** How much longer, in ms, a peer waits that had `inFlightMax` requests when it announced. Default 2,000. */
  readonly overloadedDelayMs: number
  /** How long a peer may take to answer, in ms. Default 60,000. Less asks others sooner, and slow peers in vain. */
  readonly timeoutMs: number
}

/** The defaults of {@link RequestOptions}. */
export const requestOptions: RequestOptions = Object.freeze({
  announcementsMax: 5000,
  inFlightMax: 100,
  delayMs: 2000,
  overloadedDelayMs: 2000,
  timeoutMs: 60_000,
})
