import { expect, test } from 'vitest'
import { formatAge, formatElapsed, parseDuration } from '../src/duration.ts'

test.each([
  ['40', 40_000],
  ['250ms', 250],
  ['5s', 5000],
  ['1.5m', 90_000],
  ['1h', 3_600_000],
  ['2d', 172_800_000],
  ['0', 0],
  ['0.0001s', 1],
])('%s is %i ms', (text, ms) => {
  expect(parseDuration(text)).toBe(ms)
})

test.each(['', 'abc', '5 s', '-1', '1e3', '5S', '1h30m', '25d', '99999999999', '.5s', 'NaN', 'Infinity'])(
  '%j is no duration',
  (text) => {
    expect(parseDuration(text)).toBeUndefined()
  },
)

test('elapsed time is told in the unit that suits it', () => {
  expect([0.2, 6, 99, 99.6, 200, 12_340, 59_960, 3_723_000].map(formatElapsed)).toEqual([
    '0 ms',
    '6 ms',
    '99 ms',
    '0.1 s',
    '0.2 s',
    '12.3 s',
    '59 s',
    '1 h 2 m',
  ])
})

test('an age is told in its two largest units', () => {
  expect([0, -5, 45_000, 200_000, 120_000, 7_380_000, 352_800_000].map(formatAge)).toEqual([
    '0 s',
    '0 s',
    '45 s',
    '3 m 20 s',
    '2 m',
    '2 h 3 m',
    '4 d 2 h',
  ])
})
