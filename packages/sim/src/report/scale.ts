/** From values to pixels, and values that are good to name on an axis. */
export interface Scale {
  readonly at: (value: number) => number
  /** From pixels to values. */
  readonly value: (pixel: number) => number
  /** About so many, rising, within the domain. */
  readonly ticks: (count: number) => readonly number[]
}

type Range = readonly [from: number, to: number]

/** Evenly. A domain without width is widened. */
export function linearScale([low, high]: Range, [from, to]: Range): Scale {
  const width = high > low ? high - low : 1
  return {
    at: (value) => from + ((value - low) / width) * (to - from),
    value: (pixel) => low + ((pixel - from) / (to - from)) * width,
    ticks: (count) => linearTicks(low, low + width, count),
  }
}

/** By ratio. The domain is above 0. */
export function logScale([low, high]: Range, range: Range): Scale {
  const inner = linearScale([Math.log10(low), Math.log10(high)], range)
  return {
    at: (value) => inner.at(Math.log10(Math.max(value, low))),
    value: (pixel) => 10 ** inner.value(pixel),
    ticks: (count) => logTicks(low, high, count),
  }
}

/** Parts of all, by how few are beyond: 90 %, 99 % and 99.9 % are equally far apart. Up to `top`, below 1. */
export function ninesScale(top: number, range: Range): Scale {
  const ninesOf = (part: number): number => -Math.log10(1 - Math.min(part, top))
  const inner = linearScale([0, ninesOf(top)], range)
  return {
    at: (part) => inner.at(ninesOf(part)),
    value: (pixel) => 1 - 10 ** -inner.value(pixel),
    ticks: () => [0, 0.5, 0.9, 0.99, 0.999, 0.9999, 0.99999, 0.999999].filter((part) => part <= top),
  }
}

/** Multiples of 1, 2 or 5 times a power of ten, as d3-array chooses them. */
export function linearTicks(low: number, high: number, count: number): readonly number[] {
  if (!(high > low) || !(count > 0)) return [low]
  const step = tickStep(high - low, count)
  const first = Math.ceil(low / step - 1e-9)
  const last = Math.floor(high / step + 1e-9)
  return Array.from({ length: last - first + 1 }, (_, index) => exact((first + index) * step))
}

function tickStep(width: number, count: number): number {
  const rough = width / count
  const power = 10 ** Math.floor(Math.log10(rough))
  const error = rough / power
  // Where d3 changes from one to the next: the geometric means of neighbours.
  return power * (error >= Math.sqrt(50) ? 10 : error >= Math.sqrt(10) ? 5 : error >= Math.SQRT2 ? 2 : 1)
}

function logTicks(low: number, high: number, count: number): readonly number[] {
  const [first, last] = [Math.floor(Math.log10(low)), Math.ceil(Math.log10(high))]
  const within = (factors: readonly number[]): number[] =>
    Array.from({ length: last - first + 1 }, (_, index) =>
      factors.map((factor) => exact(factor * 10 ** (first + index))),
    )
      .flat()
      .filter((value) => value >= low * 0.999 && value <= high * 1.001)
  const choices = [[1, 1.5, 2, 3, 4, 5, 6, 8], [1, 2, 3, 5], [1, 2, 5], [1, 3], [1]].map(within)
  const found =
    choices.find((ticks) => ticks.length <= count && ticks.length >= 2) ??
    choices.find((ticks) => ticks.length <= count)
  return found !== undefined && found.length >= 2 ? found : linearTicks(low, high, count)
}

/** Without the noise of a multiplication. */
const exact = (value: number): number => Number(value.toPrecision(12))
