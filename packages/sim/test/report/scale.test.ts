import { describe, expect, test } from 'vitest'
import { linearScale, linearTicks, logScale, ninesScale } from '../../src/report/scale.ts'

describe('ticks', () => {
  test.each([
    [0, 1, 5, [0, 0.2, 0.4, 0.6, 0.8, 1]],
    [0, 294, 8, [0, 50, 100, 150, 200, 250]],
    [0, 22, 10, [0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22]],
    [180, 290, 4, [180, 200, 220, 240, 260, 280]],
    [-0.3, 0.3, 4, [-0.2, 0, 0.2]],
    [0, 0.0007, 4, [0, 0.0002, 0.0004, 0.0006]],
    [0, 3e9, 3, [0, 1e9, 2e9, 3e9]],
  ])('from %d to %d, about %d, are round', (low, high, count, ticks) => {
    expect(linearTicks(low, high, count).map((tick) => tick + 0)).toEqual(ticks)
  })

  test('of nothing are one', () => {
    expect(linearTicks(5, 5, 4)).toEqual([5])
  })

  test.each([
    [1, 1000, 5, [1, 10, 100, 1000]],
    [2, 300, 5, [3, 10, 30, 100, 300]],
    [40, 130, 6, [40, 50, 60, 80, 100]],
    [0.5, 2e6, 8, [1, 10, 100, 1000, 10_000, 100_000, 1_000_000]],
  ])('by ratio from %d to %d, at most %d, are few', (low, high, count, ticks) => {
    expect(logScale([low, high], [0, 1]).ticks(count)).toEqual(ticks)
  })

  test('of an axis of nines go as far as it', () => {
    expect(ninesScale(0.9995, [0, 1]).ticks(8)).toEqual([0, 0.5, 0.9, 0.99, 0.999])
  })
})

describe('a scale', () => {
  test.each([
    ['linear', linearScale([10, 30], [100, 300]), 20, 200],
    ['logarithmic', logScale([1, 100], [0, 200]), 10, 100],
    ['of nines', ninesScale(0.9999, [400, 0]), 0.99, 200],
  ])('%s finds the pixel of a value, and the value of a pixel', (_, scale, value, pixel) => {
    expect(scale.at(value)).toBeCloseTo(pixel, 9)
    expect(scale.value(pixel)).toBeCloseTo(value, 9)
  })

  test('whose values are all the same has no gap in it', () => {
    const scale = linearScale([5, 5], [0, 100])
    expect(scale.at(5)).toBe(0)
    expect(Number.isFinite(scale.at(6))).toBe(true)
  })

  test('of nines puts all at its end', () => {
    expect(ninesScale(0.999, [0, 90]).at(1)).toBeCloseTo(90, 9)
  })
})
