import type { Schema } from './schema.ts'

/** Bounds of a file that somebody else may have written: what a report can show, and more than a run writes. */
const pointsMax = 10_000
const countMax = Number.MAX_SAFE_INTEGER

const text = (maxLength: number): Schema => ({ type: 'string', maxLength })
const number: Schema = { type: 'number' }
const duration: Schema = { type: 'number', minimum: 0 }
const count: Schema = { type: 'integer', minimum: 0, maximum: countMax }
const object = (properties: Readonly<Record<string, Schema>>, optional: readonly string[] = []): Schema => ({
  type: 'object',
  properties,
  required: Object.keys(properties).filter((name) => !optional.includes(name)),
})
const list = (items: Schema, maxItems: number, minItems = 0): Schema => ({ type: 'array', items, minItems, maxItems })
const pair = (first: Schema, second: Schema): Schema => ({
  type: 'array',
  prefixItems: [first, second],
  minItems: 2,
  maxItems: 2,
})
const points = list(pair(duration, { type: 'number', minimum: 0, maximum: 1 }), pointsMax, 1)

/** JSON Schema of a RunOutcome. What it does not name may be there, and is passed over. */
export const outcomeSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'What came out of a simulation: grapevine sim … --out FILE',
  ...object(
    {
      format: { const: 'grapevine-outcome' },
      version: { const: 1 },
      kind: { enum: ['epidemic', 'mesh', 'broadcast', 'run', 'real'] },
      title: text(500),
      command: text(10_000),
      seed: count,
      runs: { ...count, minimum: 1 },
      trace: text(200),
      problem: text(2000),
      parameters: {
        type: 'object',
        maxProperties: 1000,
        additionalProperties: { type: ['string', 'number', 'boolean'], maxLength: 10_000 },
      },
      nodes: count,
      messages: count,
      timeUnit: { enum: ['ms', 'cycles'] },
      figures: list(
        object(
          {
            name: text(200),
            value: number,
            unit: text(40),
            spread: object({ deviation: duration, least: number, most: number }),
          },
          ['unit', 'spread'],
        ),
        500,
      ),
      curve: object({ points, slow: points, fast: points, over: { enum: ['runs', 'messages'] } }, ['slow', 'fast']),
      latency: object(
        {
          mean: duration,
          p50: duration,
          p90: duration,
          p95: duration,
          p99: duration,
          max: duration,
          cdf: points,
          last: points,
        },
        ['last'],
      ),
      copies: list(pair(count, count), pointsMax),
      regions: object({
        names: list(text(200), 64, 1),
        median: list(list({ type: ['number', 'null'], minimum: 0 }, 64), 64, 1),
      }),
      theory: list(
        object({ name: text(200), ours: number, expected: number, tolerance: duration, source: text(500) }),
        500,
      ),
      bytes: count,
      counters: { type: 'object', maxProperties: 1000, additionalProperties: number },
    },
    ['trace', 'problem', 'curve', 'latency', 'copies', 'regions', 'bytes'],
  ),
}

/** JSON Schema of a SweepOutcome. */
export const sweepSchema: Schema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'What came out of a sweep: grapevine sim … --sweep NAME=VALUES --out FILE',
  ...object({
    format: { const: 'grapevine-sweep' },
    version: { const: 1 },
    title: text(500),
    command: text(10_000),
    by: text(200),
    values: list(object({ text: text(200), run: outcomeSchema }), 100, 1),
  }),
}
