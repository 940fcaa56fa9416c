import { describe, expect, test } from 'vitest'
import { DeliveryCount } from '../../src/report/delivery-count.ts'
import { TimeCount } from '../../src/report/time-count.ts'
import { Rng } from '../../src/rng.ts'
import { Draws } from '../../src/draws.ts'

describe('a count of times', () => {
  test('has the quantiles of a sorted list, within 0.1 %', () => {
    const draws = new Draws(new Rng(1))
    const count = new TimeCount()
    const times = Array.from({ length: 20_000 }, () => 1000 * draws.unit() ** 4)
    for (const ms of times) count.add(ms)
    const sorted = times.toSorted((a, b) => a - b)
    for (const part of [0.001, 0.25, 0.5, 0.9, 0.99, 0.9999, 1]) {
      const exact = sorted[Math.ceil(part * sorted.length) - 1]!
      expect(Math.abs(count.quantile(part) - exact)).toBeLessThanOrEqual(0.001 * exact + 0.001)
    }
    expect(count.summary.max).toBeCloseTo(sorted.at(-1)!, 0)
  })

  test('has whole milliseconds back as they were', () => {
    for (const ms of [0, 1, 7, 74, 123, 999, 1234]) {
      const count = new TimeCount()
      count.add(ms)
      count.add(1e6)
      expect(count.quantile(0.5)).toBe(ms)
    }
  })

  test('survives times that cannot be', () => {
    const count = new TimeCount()
    for (const ms of [-5, Infinity, 1e300]) count.add(ms)
    expect(count.count).toBe(3)
    expect(count.quantile(0.1)).toBe(0)
  })

  test('has a distribution that rises to 1, and says of a tail no more than it knows', () => {
    const count = new TimeCount()
    for (let ms = 1; ms <= 100; ms++) count.add(ms)
    expect(count.cdf.at(-1)).toEqual([100, 1])
    expect(count.cdf.at(-2)).toEqual([99, 0.99])
    expect(count.cdf.every(([ms, part], index) => index === 0 || (ms >= count.cdf[index - 1]![0] && part > 0))).toBe(
      true,
    )
  })
})

describe('a count of deliveries', () => {
  test('makes a curve that ends at the part that was delivered', () => {
    const count = new DeliveryCount()
    count.publish(1, 4)
    for (const ms of [10, 20, 30]) count.deliver(1, ms)
    const { curve, latency } = count.parts
    expect(curve!.points[0]).toEqual([0, 0])
    expect(curve!.points.at(-1)).toEqual([30, 0.75])
    expect(curve!.slow).toBeUndefined()
    expect(latency).toMatchObject({ mean: 20, p50: 20, max: 30 })
  })

  test('makes a band over messages, which ends where some never arrive', () => {
    const count = new DeliveryCount()
    for (let message = 0; message < 10; message++) {
      count.publish(message, 2)
      count.deliver(message, 10 + message)
      if (message < 5) count.deliver(message, 100 + message)
    }
    const { curve, latency } = count.parts
    expect(curve!.fast!.at(-1)).toEqual([100, 1])
    expect(curve!.slow!.at(-1)).toEqual([18, 0.5])
    expect(latency!.last!.at(-1)).toEqual([104, 0.5])
  })

  test('tells medians between regions, and null where nothing went', () => {
    const count = new DeliveryCount(['a', 'b'])
    count.publish(1, 3)
    for (const ms of [10, 20, 30]) count.deliver(1, ms, 0, 1)
    expect(count.parts.regions).toEqual({
      names: ['a', 'b'],
      median: [
        [null, 20],
        [null, null],
      ],
    })
  })

  test('counts copies, and passes over deliveries of what was not published', () => {
    const count = new DeliveryCount()
    count.deliver(9, 5)
    count.got(3)
    count.got(0, 2)
    count.got(3)
    expect(count.parts).toEqual({
      copies: [
        [0, 2],
        [3, 2],
      ],
    })
  })
})
