import { expect, test } from 'vitest'
import type { RoundTripView } from '@grapevine/protocol/control'
import { roundTripLine, roundTripLines } from '../src/rtt-line.ts'

const [from, to] = [
  '12D3KooWRqpHdSafUV2gUXdVkyc4DSg2ghMXqf8a2YxdyqrSyrbT',
  '12D3KooWSbMxrbYRt1PnAwEnZVnFGs3pYb4Yc7fVRtRwPhr8xQZK',
]
const ends = { from, to }

test('a round trip is a line that says how sure the estimate is, and what was measured', () => {
  const whole = {
    ...ends,
    fromName: 'a',
    toName: 'b\u001b',
    estimateMs: 42.34,
    error: 0.05,
    exchangeMs: 41,
    pingMs: 3.2,
  }
  expect(roundTripLine(whole)).toBe(
    String.raw`…rSyrbT (a) to …r8xQZK (b\e): 42.3 ms, give or take 2 ms; exchanges 41.0 ms, ping 3.20 ms`,
  )
  expect(roundTripLine({ ...ends, problem: 'not connected' })).toBe(
    '…rSyrbT to …r8xQZK: no estimate yet; no ping: not connected',
  )
})

test('several are a table, with the columns that there is something to say in', () => {
  const trips: RoundTripView[] = [{ ...ends, toName: 'b', estimateMs: 120.55, error: 0.5 }, { ...ends }]
  const lines = (found: readonly RoundTripView[]): string[] =>
    roundTripLines(found).map((line) => line.replace(/ +/g, ' '))
  expect(lines(trips)).toEqual(['to estimate give or take', '…r8xQZK b 120.5 ms 60 ms', '…r8xQZK - -'])
  expect(
    lines([
      { ...trips[0]!, exchangeMs: 7, pingMs: 5 },
      { ...ends, problem: 'x' },
    ]),
  ).toEqual(['to estimate give or take exchanges ping', '…r8xQZK b 120.5 ms 60 ms 7.00 ms 5.00 ms', '…r8xQZK - - - x'])
})
