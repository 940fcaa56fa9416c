import type { Latency, Point } from './outcome.ts'

/** Cells to a doubling, as a power of two: a time is known within 1 / 2048. */
const cellBits = 11
const cells = 2 ** cellBits
/** Longer ones count as this: a year. */
const msMax = 3.2e10

/**
 * Times from 0 on, by how often there were: in cells of 1 µs up to 4 ms, and twice as wide with each doubling above (the
 * layout of HdrHistogram). Adding is cheap, and memory does not grow with how many there are.
 */
export class TimeCount {
  readonly #counts: number[] = []
  #count = 0
  #sum = 0
  #max = 0

  /** How many there are. */
  get count(): number {
    return this.#count
  }

  /** Counts a time, `times` times. */
  add(ms: number, times = 1): void {
    const cell = cellOf(ms)
    // Filled up to there: a list with holes is slow.
    while (this.#counts.length <= cell) this.#counts.push(0)
    this.#counts[cell]! += times
    this.#count += times
    this.#sum += ms * times
    this.#max = Math.max(this.#max, ms)
  }

  /** The least time such that this part of all is not above it: 0 to 1. 0 if there are none. */
  quantile(part: number): number {
    return this.quantiles([part])[0]!
  }

  /** The same of several parts, rising. */
  quantiles(parts: readonly number[]): readonly number[] {
    const found: number[] = []
    let cell = -1
    let seen = 0
    for (const part of parts) {
      const wanted = Math.min(this.#count, Math.max(1, Math.ceil(part * this.#count - 1e-9)))
      while (seen < wanted && cell < this.#counts.length - 1) seen += this.#counts[++cell]!
      found.push(seen === this.#count ? round(this.#max) : Math.min(this.#max, round(timeOf(cell))))
    }
    return found
  }

  /** Mean and quantiles. */
  get summary(): Omit<Latency, 'cdf' | 'last'> {
    const [p50, p90, p95, p99] = this.quantiles([0.5, 0.9, 0.95, 0.99]) as [number, number, number, number]
    return { mean: this.#count === 0 ? 0 : round(this.#sum / this.#count), p50, p90, p95, p99, max: round(this.#max) }
  }

  /** The distribution, at most 150 points, denser towards the slow end. */
  get cdf(): readonly Point[] {
    const parts = cdfParts.filter((part) => part * this.#count >= 1 && (1 - part) * this.#count >= 1).concat(1)
    return this.quantiles(parts).map((ms, index): Point => [ms, parts[index]!])
  }
}

/** Every hundredth; of the last one every thousandth, and so on. */
const cdfParts = [
  0.001,
  ...Array.from({ length: 99 }, (_, index) => (index + 1) / 100),
  ...[2, 3, 4].flatMap((digits) =>
    Array.from({ length: 9 }, (_, index) => Number((1 - 10 ** -digits + (index + 1) * 10 ** (-digits - 1)).toFixed(6))),
  ),
]

function cellOf(ms: number): number {
  const micros = Math.round(Math.min(Math.max(0, ms), msMax) * 1000)
  if (micros < cells) return micros
  const high = Math.floor(micros / 2 ** 32)
  const doublings = (high > 0 ? 63 - Math.clz32(high) : 31 - Math.clz32(micros)) - cellBits
  return (doublings + 1) * cells + Math.floor(micros / 2 ** doublings) - cells
}

/** Where a cell begins; or the whole ms in it, so that a model with a clock of 1 ms has its own times back up to 2 s. */
function timeOf(cell: number): number {
  if (cell < cells) return Math.max(0, cell) / 1000
  const width = 2 ** (Math.floor(cell / cells) - 1) / 1000
  const first = (cells + (cell % cells)) * width
  return Math.ceil(first) < first + width ? Math.ceil(first) : first
}

const round = (ms: number): number => Number(ms.toPrecision(4))
