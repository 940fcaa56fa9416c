/** When a member is called suspect or failed, and what finding out costs. */
export interface MemberOptions {
  /** Members that watch a node, 1 to 8. More cost beats, and tell more surely. Default 5: a majority is 3. */
  readonly watchersMax: number
  /** Between two beats to each of them, in ms. Default 500: two seconds without are four lost. */
  readonly beatMs: number
  /** Arrivals of beats remembered for each node watched, at least 8. Default 64: half a minute. */
  readonly arrivalsMax: number
  /** A watcher accuses from this phi on. Default 8, as in Cassandra and Akka: wrong once in 10^8, by what it has seen. */
  readonly phiMax: number
  /** Least deviation assumed between arrivals, in ms. Default 200. */
  readonly deviationMinMs: number
  /** Silence that is always allowed, in ms. Default 2,000. More of it: slower, and fewer accusations that are withdrawn. */
  readonly pauseMs: number
  /** From the accusation by most watchers to `failed`, in ms: the time to refute. Default 2,500. */
  readonly suspicionMs: number
  /** A member none of whose watchers is alive, and of which nothing is heard for so long, has failed, in ms. Default 10,000. */
  readonly unwatchedMs: number
  /** After this long members that failed or left are forgotten, in ms. Default 86,400,000: a day, as in Serf. */
  readonly forgetMs: number
  /** Later than this, in ms, a tick says that we were slow ourselves. Default 500. */
  readonly lateMs: number
}

/** The defaults of {@link MemberOptions}. Guesses, chosen with scripts/sim-state.ts; docs/state.md has the figures. */
export const memberOptions: MemberOptions = Object.freeze({
  watchersMax: 5,
  beatMs: 500,
  arrivalsMax: 64,
  phiMax: 8,
  deviationMinMs: 200,
  pauseMs: 2000,
  suspicionMs: 2500,
  unwatchedMs: 10_000,
  forgetMs: 86_400_000,
  lateMs: 500,
})
