import type { DeliveryCurve, Latency, Point, RegionLatency, RunOutcome } from './outcome.ts'
import { TimeCount } from './time-count.ts'

/** Deliveries that are kept one by one, for the band over messages: 8 bytes each. */
const keptMax = 2_000_000
/** Parts of a message's nodes at which its curve is looked at. */
const steps = 50

/** What a delivery count makes of a run. */
export type DeliveryParts = Pick<RunOutcome, 'curve' | 'latency' | 'copies' | 'regions'>

/** A message under way. */
interface Sent {
  readonly expected: number
  /** Times of its deliveries, unless there are too many. */
  readonly times: number[] | undefined
  delivered: number
  last: number
}

/**
 * Counts deliveries as they happen, in any order, and makes the pictures of a {@link RunOutcome} of them. Times within
 * 0.1 %. Memory grows with the messages and not with the deliveries, beyond two million.
 */
export class DeliveryCount {
  readonly #names: readonly string[]
  readonly #all = new TimeCount()
  readonly #pairs: (TimeCount | undefined)[] = []
  readonly #copies = new Map<number, number>()
  readonly #sent = new Map<number, Sent>()
  #expected = 0
  #kept = 0

  /** `regions`: names of places, if nodes have some. */
  constructor(regions: readonly string[] = []) {
    this.#names = regions
  }

  /** A message that `expected` nodes should get, the publisher not among them. */
  publish(message: number, expected: number): void {
    const isKept = this.#sent.size === 0 || this.#kept + expected <= keptMax
    if (isKept) this.#kept += expected
    this.#expected += expected
    this.#sent.set(message, { expected, times: isKept ? [] : undefined, delivered: 0, last: 0 })
  }

  /** A node got a message that was published, for the first time, so many ms later; `from` and `to` are regions by number. */
  deliver(message: number, ms: number, from?: number, to?: number): void {
    const sent = this.#sent.get(message)
    if (sent === undefined) return
    sent.delivered++
    sent.last = Math.max(sent.last, ms)
    sent.times?.push(ms)
    this.#all.add(ms)
    if (from === undefined || to === undefined) return
    ;(this.#pairs[from * this.#names.length + to] ??= new TimeCount()).add(ms)
  }

  /** A node got a message so many times in all; 0 if never. `nodes`: so many of them. */
  got(copies: number, nodes = 1): void {
    this.#copies.set(copies, (this.#copies.get(copies) ?? 0) + nodes)
  }

  /** The pictures of a report. Those of which nothing was counted are absent. */
  get parts(): DeliveryParts {
    const isEmpty = this.#all.count === 0
    return {
      ...(!isEmpty && { curve: this.#curve(), latency: this.#latency() }),
      ...(this.#copies.size > 0 && { copies: [...this.#copies].toSorted(([a], [b]) => a - b) }),
      ...(!isEmpty && this.#pairs.length > 0 && { regions: this.#regions() }),
    }
  }

  #curve(): DeliveryCurve {
    const all = this.#all
    const part = all.count / this.#expected
    const parts = [...curveParts.filter((each) => each < part), part]
    const found = all.quantiles(parts.map((each) => each / part))
    const points = [[0, 0] as const, ...found.map((ms, index): Point => [ms, parts[index]!])]
    const kept = [...this.#sent.values()].filter(({ times, expected }) => times !== undefined && expected > 0)
    if (kept.length < 2) return { points, over: 'messages' }
    const sorted = kept.map(({ times, expected }) => ({ times: times!.toSorted((a, b) => a - b), expected }))
    const bound = (share: number): Point[] => {
      const line: Point[] = [[0, 0]]
      for (let step = 1; step <= steps; step++) {
        const at = sorted
          .map(({ times, expected }) => times[Math.ceil((step / steps) * expected) - 1] ?? Infinity)
          .toSorted((a, b) => a - b)[Math.ceil(share * sorted.length) - 1]!
        if (at === Infinity) break
        line.push([round(at), step / steps])
      }
      return line
    }
    return { points, slow: bound(0.9), fast: bound(0.1), over: 'messages' }
  }

  #latency(): Latency {
    const all = this.#all
    const whole = [...this.#sent.values()].filter(({ delivered, expected }) => expected > 0 && delivered >= expected)
    const last = new TimeCount()
    for (const each of whole) last.add(each.last)
    // Of messages that some node never got there is no time: the line ends below 1.
    const part = whole.length / [...this.#sent.values()].filter(({ expected }) => expected > 0).length
    return {
      ...all.summary,
      cdf: all.cdf,
      ...(this.#sent.size > 1 && whole.length > 0 && { last: last.cdf.map(([ms, each]): Point => [ms, each * part]) }),
    }
  }

  #regions(): RegionLatency {
    const names = this.#names
    const median = names.map((_, from) =>
      names.map((__, to) => this.#pairs[from * names.length + to]?.quantile(0.5) ?? null),
    )
    return { names, median }
  }
}

/** Every half of a hundredth; of the last one every thousandth. */
const curveParts = [
  ...Array.from({ length: 198 }, (_, index) => (index + 1) / 200),
  ...Array.from({ length: 9 }, (_, index) => (991 + index) / 1000),
]
const round = (ms: number): number => Number(ms.toPrecision(6))
