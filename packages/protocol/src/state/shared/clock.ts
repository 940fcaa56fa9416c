/**
 * A moment of a hybrid logical clock: wall time where clocks agree, and still after everything seen where they do not
 * (Kulkarni and others, *Logical Physical Clocks*, 2014).
 */
export interface HybridTime {
  /** µs since 1970. */
  readonly wall: number
  /** Counts moments of one wall time, from 0. */
  readonly count: number
}

/** How far ahead of our own clock a writer's may be, in µs: what is beyond does not count until then. */
export const aheadUsMax = 120_000_000

/** Negative, 0 or positive, as `Array.sort` wants it. */
export const compareTimes = (a: HybridTime, b: HybridTime): number => a.wall - b.wall || a.count - b.count

/** A moment after all that were seen, and not before the wall clock, `wall` in µs. */
export function timeAfter(seen: readonly HybridTime[], wall: number): HybridTime {
  let latest: HybridTime = { wall, count: 0 }
  for (const time of seen) if (compareTimes(time, latest) >= 0) latest = { wall: time.wall, count: time.count + 1 }
  return latest
}
