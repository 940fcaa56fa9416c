import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import { SimError } from '../../src/error.ts'
import { isWithin, readOutcome, type RunOutcome } from '../../src/report/outcome.ts'
import { outcomeSchema, sweepSchema } from '../../src/report/outcome-schema.ts'
import { plainOutcome } from './example.ts'

const codeOf = (text: string): string | undefined => {
  try {
    readOutcome(text)
    return undefined
  } catch (error) {
    if (error instanceof SimError) return error.code
    throw error
  }
}

const changed = (changes: object): string => JSON.stringify({ ...plainOutcome, ...changes })

const ajv = new Ajv2020({ strict: false })
const follows = ajv.compile(outcomeSchema)

describe('an outcome', () => {
  test('is read back as it was written', () => {
    expect(readOutcome(JSON.stringify(plainOutcome))).toEqual(plainOutcome)
  })

  test('of a sweep has the runs', () => {
    const sweep = {
      format: 'grapevine-sweep',
      version: 1,
      title: 'by d',
      command: 'grapevine sim mesh --sweep d=4',
      by: 'd',
      values: [{ text: '4', run: plainOutcome }],
    }
    expect(readOutcome(JSON.stringify(sweep))).toEqual(sweep)
    expect(codeOf(JSON.stringify({ ...sweep, values: [] }))).toBe('outcome-shape')
    expect(codeOf(JSON.stringify({ ...sweep, values: [{ text: '4', run: {} }] }))).toBe('outcome-shape')
  })

  test('may have fields that we do not know', () => {
    expect(codeOf(changed({ later: { and: 'more' } }))).toBeUndefined()
  })

  test.each([
    ['', 'outcome-syntax'],
    ['{"format":', 'outcome-syntax'],
    ['null', 'outcome-kind'],
    ['[]', 'outcome-kind'],
    ['7', 'outcome-kind'],
    ['{"format":"something else"}', 'outcome-kind'],
    [changed({ version: 2 }), 'outcome-version'],
    [changed({ version: '1' }), 'outcome-version'],
    ['{"format":"grapevine-outcome","version":1}', 'outcome-shape'],
    [changed({ kind: 'guess' }), 'outcome-shape'],
    [changed({ seed: -1 }), 'outcome-shape'],
    [changed({ seed: 0.5 }), 'outcome-shape'],
    [changed({ title: 'x'.repeat(501) }), 'outcome-shape'],
    [changed({ figures: { delivered: 1 } }), 'outcome-shape'],
    [changed({ figures: [{ name: 'x', value: null }] }), 'outcome-shape'],
    [changed({ curve: { points: [[0, 2]], over: 'runs' } }), 'outcome-shape'],
    [changed({ curve: { points: [[0, 0, 0]], over: 'runs' } }), 'outcome-shape'],
    [changed({ curve: { points: [], over: 'runs' } }), 'outcome-shape'],
    [changed({ parameters: { nested: {} } }), 'outcome-shape'],
    [changed({ copies: [[1, -1]] }), 'outcome-shape'],
    [changed({ regions: { names: ['a', 'b'], median: [[1, 2]] } }), 'outcome-shape'],
    [changed({ regions: { names: ['a'], median: [['1']] } }), 'outcome-shape'],
    [changed({ theory: [{ name: 'x', ours: 1, expected: 1, tolerance: -1, source: 'y' }] }), 'outcome-shape'],
    [changed({ counters: { x: '1' } }), 'outcome-shape'],
  ])('%j is refused', (text, code) => {
    expect(codeOf(text)).toBe(code)
    // What a schema cannot say is how many rows go with how many names.
    const isSaid = code !== 'outcome-syntax' && !text.includes('"median":[[1,2]]')
    if (isSaid) expect(follows(JSON.parse(text))).toBe(false)
  })

  test('follows its JSON Schema, as another validator reads it', () => {
    expect(follows(plainOutcome)).toBe(true)
    const sweep = { format: 'grapevine-sweep', version: 1, title: '', command: '', by: 'd' }
    const isSweep = ajv.compile(sweepSchema)
    expect(isSweep({ ...sweep, values: [{ text: '4', run: plainOutcome }] })).toBe(true)
    expect(isSweep({ ...sweep, values: [{ text: '4', run: { ...plainOutcome, seed: 'x' } }] })).toBe(false)
  })

  test('that is damaged is told where', () => {
    expect(() =>
      readOutcome(
        changed({
          curve: {
            points: [
              [0, 0],
              [1, 'x'],
            ],
            over: 'runs',
          },
        }),
      ),
    ).toThrow('/curve/points/1/1: it is not a number')
    expect(() => readOutcome(changed({ seed: undefined }))).toThrow('it has no seed')
  })
})

test('a figure is within its tolerance up to the bound', () => {
  const row: RunOutcome['theory'][number] = { name: 'x', ours: 1.5, expected: 1, tolerance: 0.5, source: 'y' }
  expect(isWithin(row)).toBe(true)
  expect(isWithin({ ...row, ours: 1.51 })).toBe(false)
})
