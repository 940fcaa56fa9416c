import { describe, expect, test } from 'vitest'
import { compareOutcomes } from '../../src/report/compare.ts'
import { compareReport, compareSvg } from '../../src/report/compare-report.ts'
import type { RunOutcome, SweepOutcome } from '../../src/report/outcome.ts'
import { runReport, runSvg } from '../../src/report/run-report.ts'
import { sweepReport, sweepSvg } from '../../src/report/sweep-report.ts'
import { plainOutcome } from './example.ts'

/** The least that an outcome has. */
const bare: RunOutcome = {
  format: 'grapevine-outcome',
  version: 1,
  kind: 'run',
  title: '',
  command: '',
  seed: 0,
  runs: 1,
  parameters: {},
  nodes: 0,
  messages: 0,
  timeUnit: 'ms',
  figures: [],
  theory: [],
  counters: {},
}
const sweepOf = (runs: readonly RunOutcome[]): SweepOutcome => ({
  format: 'grapevine-sweep',
  version: 1,
  title: 'by d',
  command: 'grapevine sim mesh --sweep d=1..3',
  by: 'd',
  values: runs.map((run, index) => ({ text: String(index), run })),
})

/** What a text has in it that is no number, with what stands around it; the script may speak of such. */
const brokenIn = (text: string): readonly string[] =>
  text.replace(/<script>.*<\/script>/s, '').match(/.{0,40}(?:NaN|Infinity|undefined).{0,20}/g) ?? []

describe('a report', () => {
  test('has every figure, parameter, row of theory and the command', () => {
    const html = runReport(plainOutcome)
    const wanted = [
      '99.5 %',
      'network.latency',
      '40..130\u00a0ms',
      'D − 2 + 2/N',
      '✓ within',
      '✗ outside',
      '0123456789abcdef',
      'grapevine sim mesh --nodes 100 --seed 7',
      '211 ms',
      'twice on n7',
    ]
    expect(wanted.filter((text) => !html.includes(text))).toEqual([])
  })

  test('of the same outcome is the same, byte by byte', () => {
    expect(runReport(plainOutcome)).toBe(runReport(structuredClone(plainOutcome)))
  })

  test('names no address, and runs its own script only', () => {
    const html = runReport(plainOutcome)
    expect(html.match(/https?:[^"' ]*/g)?.filter((address) => address !== 'http://www.w3.org/2000/svg')).toEqual([])
    expect(html.match(/<link|@import|url\(| src=/)).toBeNull()
    expect(html.slice(0, 500)).toMatch(/default-src &#39;none&#39;.*script-src &#39;sha256-/)
  })

  test.each([
    ['a run', runReport(bare)],
    ['a sweep', sweepReport(sweepOf([bare, bare]))],
    ['two runs', compareReport({ name: 'a', run: bare }, { name: 'b', run: plainOutcome })],
  ])('of %s with nothing in it is a page all the same', (_, html) => {
    expect([html.slice(0, 15), html.slice(-8)]).toEqual(['<!doctype html>', '</html>\n'])
    expect(brokenIn(html)).toEqual([])
  })

  test.each<[string, Partial<RunOutcome>]>([
    [
      'one delivery',
      {
        curve: {
          points: [
            [0, 0],
            [5, 1],
          ],
          over: 'messages',
        },
        latency: { mean: 5, p50: 5, p90: 5, p95: 5, p99: 5, max: 5, cdf: [[5, 1]] },
      },
    ],
    [
      'deliveries at once',
      {
        curve: { points: [[0, 1]], over: 'messages' },
        latency: { mean: 0, p50: 0, p90: 0, p95: 0, p99: 0, max: 0, cdf: [[0, 1]] },
      },
    ],
    ['no delivery', { curve: { points: [[0, 0]], over: 'runs' }, copies: [[0, 5]] }],
    ['a thousand copies', { copies: Array.from({ length: 1000 }, (_, index) => [index, index] as const) }],
    ['no copies', { copies: [] }],
    ['regions of nobody', { regions: { names: ['a'], median: [[null]] } }],
    [
      'a line that falls',
      {
        curve: {
          points: [
            [0, 0.5],
            [5, 0.2],
            [3, 0.9],
          ],
          slow: [[9, 0]],
          fast: [[0, 0]],
          over: 'runs',
        },
      },
    ],
  ])('with %s has no number that is none', (_, parts) => {
    const run = { ...bare, ...parts }
    for (const text of [
      runReport(run),
      runSvg(run) ?? '',
      sweepReport(sweepOf([run, run])),
      compareReport({ name: 'a', run }, { name: 'b', run: plainOutcome }),
    ])
      expect(brokenIn(text)).toEqual([])
  })

  test('of a sweep has a line for each value, at most twelve, and a picture of what varies', () => {
    const runs = Array.from({ length: 20 }, (_, index) => ({
      ...plainOutcome,
      figures: [
        { name: 'delay', value: index },
        { name: 'same', value: 1 },
      ],
    }))
    const html = sweepReport(sweepOf(runs))
    expect(html.includes('12 of the 20 values')).toBe(true)
    expect(html.match(/class="chart panel"/g)).toHaveLength(1)
    expect(html.includes('The same for all: same 1.')).toBe(true)
  })

  test('as SVG is one picture; without a curve there is none', () => {
    for (const svg of [
      runSvg(plainOutcome),
      sweepSvg(sweepOf([plainOutcome])),
      compareSvg({ name: 'a', run: plainOutcome }, { name: 'b', run: plainOutcome }),
    ])
      expect(svg).toMatch(/^<svg xmlns="http:\/\/www.w3.org\/2000\/svg"[\s\S]*<\/svg>\n$/)
    expect(runSvg(bare)).toBeUndefined()
    expect(sweepSvg(sweepOf([bare]))).toBeUndefined()
    expect(
      compareSvg({ name: 'a', run: plainOutcome }, { name: 'b', run: { ...plainOutcome, timeUnit: 'cycles' } }),
    ).toBeUndefined()
  })
})

describe('a comparison', () => {
  const other: RunOutcome = {
    ...plainOutcome,
    seed: 8,
    parameters: { ...plainOutcome.parameters, 'rules.d': 8, extra: 'yes' },
    figures: [
      { name: 'median delay', value: 70, unit: 'ms' },
      { name: 'p99 delay', value: 1, unit: 's' },
      { name: 'new', value: 1 },
    ],
    counters: { IHAVE: 0 },
  }

  test('has differences of figures of the same name and unit, in the order of the first', () => {
    const { figures, counters } = compareOutcomes(plainOutcome, other)
    expect(figures).toEqual([
      { name: 'delivered', unit: '%', a: 99.5 },
      { name: 'median delay', unit: 'ms', a: 140, b: 70, difference: -70, ratio: -0.5 },
      { name: 'p99 delay', unit: 'ms', a: 290 },
      { name: 'duplicates', a: 4.02 },
      { name: 'new', b: 1 },
    ])
    expect(counters).toContainEqual({ name: 'IHAVE', a: 300, b: 0, difference: -300, ratio: -1 })
  })

  test('names the parameters that differ, and no other', () => {
    expect(compareOutcomes(plainOutcome, other).parameters).toEqual([
      { name: 'seed', a: 7, b: 8 },
      { name: 'rules.d', a: 6, b: 8 },
      { name: 'extra', b: 'yes' },
    ])
    expect(compareOutcomes(plainOutcome, plainOutcome).parameters).toEqual([])
  })

  test('knows no parameter that a file does not have, whatever its name', () => {
    const hostile = { ...plainOutcome, parameters: { constructor: 'x', toString: 1 } as RunOutcome['parameters'] }
    const { parameters } = compareOutcomes(hostile, { ...plainOutcome, parameters: {} })
    expect(parameters).toEqual([
      { name: 'constructor', a: 'x' },
      { name: 'toString', a: 1 },
    ])
  })
})
