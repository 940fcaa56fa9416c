import type { DeliveryParts } from '@grapevine/sim/report'

/** The least time within which a part of all deliveries was made. */
export function timeOf({ latency }: DeliveryParts, part: number): number {
  return latency?.cdf.find(([, reached]) => reached >= part - 1e-9)?.[0] ?? NaN
}

/** The mean of values, and between which nine of ten are. */
export function spreadOf(values: readonly number[]): {
  readonly mean: number
  readonly least: number
  readonly most: number
} {
  const sorted = values.toSorted((a, b) => a - b)
  const at = (part: number): number => sorted[Math.floor(part * (sorted.length - 1))]!
  return { mean: values.reduce((sum, value) => sum + value, 0) / values.length, least: at(0.05), most: at(0.95) }
}
