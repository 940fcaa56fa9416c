import { readdirSync, readFileSync } from 'node:fs'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { describe, expect, test } from 'vitest'
import {
  groupRanges,
  parseScenario,
  scenarioSchema,
  selectNodes,
  setField,
  SimError,
} from '../src/scenario-file/index.ts'
import { Rng } from '../src/index.ts'

const folder = new URL('../../../examples/scenarios/', import.meta.url)
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'scenario.schema.json')
const read = (name: string): unknown => JSON.parse(readFileSync(new URL(name, folder), 'utf8'))
const least = { name: 'least', nodes: 4, durationMs: 60_000 }

/** What is wrong with a file: code and path. */
function faultOf(file: unknown): [code: string, path: string] | undefined {
  try {
    parseScenario(file)
    return undefined
  } catch (error) {
    if (error instanceof SimError) return [error.code, error.details.path]
    throw error
  }
}

describe('the schema of scenario files', () => {
  const validate = new Ajv2020({ strict: true }).compile(scenarioSchema)

  test('is the one that editors are given', () => {
    expect(read('scenario.schema.json')).toEqual(JSON.parse(JSON.stringify(scenarioSchema)))
  })

  test('describes every field', () => {
    const bare = (schema: typeof scenarioSchema, path: string): string[] =>
      Object.entries(schema.properties ?? {}).flatMap(([name, field]) => {
        const options = [
          field,
          ...(field.oneOf ?? []),
          ...(field.items === undefined ? [] : [field.items, ...(field.items.oneOf ?? [])]),
        ]
        const own = field.description === undefined && field.const === undefined ? [`${path}.${name}`] : []
        return [...own, ...options.flatMap((each) => bare(each, `${path}.${name}`))]
      })
    expect(bare(scenarioSchema, '')).toEqual([])
  })

  test.each(files)('takes %s, as the parser does', (name) => {
    expect(validate(read(name)) || validate.errors).toBe(true)
    expect(parseScenario(read(name)).name).toBe(name.replace('.json', ''))
  })

  test('refuses of thousands of damaged files just those that the parser refuses for its sake', () => {
    const rng = new Rng(7)
    const values = [
      -1,
      0,
      0.5,
      3,
      1e12,
      '',
      'all',
      'n0',
      true,
      null,
      [],
      [1],
      {},
      { type: 'heal', atMs: 1 },
      { law: 'world' },
    ]
    let refused = 0
    const [all, odd] = [3000, [] as unknown[]]
    for (let turn = 0; turn < all; turn++) {
      const file = structuredClone(read(rng.pick(files)))
      damage(file, rng, values)
      const code = faultOf(file)?.[0]
      // What goes together is beyond a schema.
      const isRefused = code !== undefined && code !== 'scenario-conflict'
      if (isRefused) refused++
      if (validate(file) === isRefused) odd.push([file, code, validate.errors])
    }
    expect(odd.slice(0, 1)).toEqual([])
    expect(refused / all).toBeGreaterThan(0.5)
    expect(refused / all).toBeLessThan(0.95)
  })
})

/** Changes, adds or takes away one field somewhere. */
function damage(file: unknown, rng: Rng, values: readonly unknown[]): void {
  let holder = file as Record<string, unknown>
  for (;;) {
    const below = Object.values(holder).filter((value) => typeof value === 'object' && value !== null)
    if (below.length === 0 || rng.chance(0.4)) break
    holder = rng.pick(below) as Record<string, unknown>
  }
  const names = Object.keys(holder)
  const name = names.length > 0 && rng.chance(0.9) ? rng.pick(names) : Array.isArray(holder) ? '0' : 'other'
  if (rng.chance(0.2) && !Array.isArray(holder)) delete holder[name]
  else holder[name] = rng.pick(values)
}

describe('a scenario file', () => {
  test('has defaults for all but name, nodes and duration', () => {
    const { seed, parts, mesh, links, invariants, settleMs } = parseScenario(least)
    expect({ seed, parts, settleMs }).toEqual({ seed: 1, parts: ['gossip', 'reconcile'], settleMs: 60_000 })
    expect(mesh).toMatchObject({ d: 6, dLow: 5, dHigh: 12, heartbeatMs: 1000 })
    expect(links).toEqual({ latency: { law: 'constant', ms: 50 }, jitterMs: 0, loss: 0 })
    expect(invariants).toMatchObject({ once: true, delivered: true, equal: true })
    expect(parseScenario({ ...least, mesh: { d: 8 } }).mesh).toMatchObject({ dLow: 7, dHigh: 16 })
  })

  test.each([
    ['an unknown field', { links: { lossy: 1 } }, 'scenario-unknown', 'links.lossy'],
    ['a missing field', { events: [{ type: 'crash', atMs: 1 }] }, 'scenario-missing', 'events[0].nodes'],
    ['a missing kind', { events: [{ atMs: 1 }] }, 'scenario-missing', 'events[0].type'],
    ['an unknown kind', { links: { latency: { law: 'moon' } } }, 'scenario-value', 'links.latency.law'],
    ['a value out of range', { links: { loss: 2 } }, 'scenario-value', 'links.loss'],
    ['a fraction of a node', { nodes: 4.5 }, 'scenario-value', 'nodes'],
    ['reconciliation without gossip', { parts: ['reconcile'] }, 'scenario-conflict', 'parts'],
    ['messages without gossip', { parts: ['state'], workload: [{}] }, 'scenario-conflict', 'workload'],
    [
      'a disk without stores',
      { parts: ['gossip'], events: [{ type: 'disk-full', atMs: 1, forMs: 1, nodes: 'n1' }] },
      'scenario-conflict',
      'events[0]',
    ],
    ['a mesh that cannot be', { mesh: { d: 3, dLow: 4 } }, 'scenario-conflict', 'mesh.dLow'],
    [
      'a node that there is not',
      { events: [{ type: 'crash', atMs: 1, nodes: 'n4' }] },
      'scenario-conflict',
      'events[0].nodes',
    ],
    [
      'nodes to be drawn before the start',
      { events: [{ type: 'join', atMs: 1, nodes: 'random:1' }] },
      'scenario-conflict',
      'events[0].nodes',
    ],
    [
      'a region that there is not',
      { groups: [{ name: 'a', share: 1, region: 'mars' }], links: { latency: { law: 'world' } } },
      'scenario-conflict',
      'groups[0].region',
    ],
    [
      'more than everybody',
      {
        groups: [
          { name: 'a', share: 0.6 },
          { name: 'b', share: 0.6 },
        ],
      },
      'scenario-conflict',
      'groups',
    ],
    [
      'a matrix with a hole',
      { links: { latency: { law: 'matrix', regions: [{ name: 'a', weight: 1 }], ms: [[1, 2]] } } },
      'scenario-conflict',
      'links.latency.ms',
    ],
    ['an event after the end', { events: [{ type: 'heal', atMs: 60_001 }] }, 'scenario-conflict', 'events[0].atMs'],
    [
      'a crash that lasts longer',
      { events: [{ type: 'crash', atMs: 1, nodes: 'n0', forMs: 60_000 }] },
      'scenario-conflict',
      'events[0].forMs',
    ],
  ])('with %s is refused, and the place is named', (_, change, code, path) => {
    expect(faultOf({ ...least, ...change })).toEqual([code, path])
  })

  test('is no list, and no text', () => {
    for (const file of [[], 'x', null]) expect(faultOf(file)).toEqual(['scenario-value', ''])
  })
})

describe('names of nodes', () => {
  const groups = parseScenario({
    ...least,
    nodes: 10,
    groups: [
      { name: 'slow', share: 0.25 },
      { name: 'far', share: 0.5 },
    ],
  })

  test('are single, ranges, groups, and all of them with commas', () => {
    expect(groupRanges(groups)).toEqual([
      { first: 0, end: 3 },
      { first: 3, end: 8 },
    ])
    expect(selectNodes('n9,slow,n7..n8', groups, 'x')).toEqual([0, 1, 2, 7, 8, 9])
    expect(selectNodes('all', groups, 'x')).toHaveLength(10)
  })

  test('are drawn among those that can be meant', () => {
    const draw = (text: string): number[] =>
      selectNodes(text, groups, 'x', { rng: new Rng(1), isEligible: (node) => node % 2 === 0 })
    expect(draw('random:3')).toHaveLength(3)
    expect(draw('random:40%')).toHaveLength(2)
    expect(draw('random:100%')).toEqual([0, 2, 4, 6, 8])
  })
})

describe('one field of a file', () => {
  test('is changed where it is, or made', () => {
    const file = { a: { b: 1 }, list: [{ at: 1 }] }
    expect(setField(file, 'a.b', '2')).toEqual({ a: { b: 2 }, list: [{ at: 1 }] })
    expect(setField(file, 'list[0].at', '"x"')).toEqual({ a: { b: 1 }, list: [{ at: 'x' }] })
    expect(setField(file, 'c.d', 'text')).toEqual({ ...file, c: { d: 'text' } })
    expect(file).toEqual({ a: { b: 1 }, list: [{ at: 1 }] })
  })

  test.each(['a.b.c', 'list[2].at', 'a..b', ''])('is refused where there is none: %j', (path) => {
    expect(() => setField({ a: { b: 1 }, list: [{}] }, path, '1')).toThrow(SimError)
  })
})
