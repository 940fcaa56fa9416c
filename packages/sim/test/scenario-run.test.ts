import { readdirSync, readFileSync } from 'node:fs'
import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import { parseScenario, setField } from '../src/scenario-file/index.ts'
import { ScenarioRun } from '../src/run/index.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const folder = new URL('../../../examples/scenarios/', import.meta.url)
const names = readdirSync(folder)
  .filter((name) => name.endsWith('.json') && name !== 'scenario.schema.json')
  .map((name) => name.replace('.json', ''))

/** A ready-made scenario, with changes. */
function readyMade(name: string, changes: Readonly<Record<string, unknown>>): unknown {
  let file: unknown = JSON.parse(readFileSync(new URL(`${name}.json`, folder), 'utf8'))
  for (const [path, value] of Object.entries(changes)) file = setField(file, path, JSON.stringify(value))
  return file
}

function runOf(file: unknown): ScenarioRun {
  const run = new ScenarioRun(parseScenario(file), { sha256 })
  while (!run.isOver) run.advance(60_000)
  return run
}

/** Few nodes: what a scenario is about shows with them, too. */
const small: Readonly<Record<string, Readonly<Record<string, unknown>>>> = {
  'eight-regions': { nodes: 24, durationMs: 15_000 },
  thousand: { nodes: 24, durationMs: 15_000 },
  'state-1000': { nodes: 60, durationMs: 10_000 },
}

describe('the ready-made scenario', () => {
  test.each(names)('%s holds what it promises', (name) => {
    const run = runOf(readyMade(name, small[name] ?? { nodes: 15 }))
    expect(run.violation).toBeUndefined()
    expect(run.book.deliveries + run.writes.writes.length).toBeGreaterThan(10)
  })
})

const calm = { name: 'calm', nodes: 12, durationMs: 15_000, workload: [{ ratePerSecond: 2 }] }

describe('a scenario', () => {
  test('gives the same trace with the same seed, and another with another', () => {
    const file = readyMade('crash-and-restart', { nodes: 10 })
    const [once, again, other] = [file, file, setField(file, 'seed', '2')].map((each) => runOf(each).trace)
    expect(again).toBe(once)
    expect(other).not.toBe(once)
  })

  test('is the same in one go and in many', () => {
    const run = new ScenarioRun(parseScenario(calm), { sha256 })
    while (!run.isOver) run.advance(7)
    expect(run.trace).toBe(runOf(calm).trace)
  })

  test('is the same with the SHA-256 of the protocol', () => {
    const run = new ScenarioRun(parseScenario({ ...calm, nodes: 4 }))
    while (!run.isOver) run.advance(60_000)
    expect(run.trace).toBe(runOf({ ...calm, nodes: 4 }).trace)
  })

  test('delivers each message to each node, in a mesh within its bounds', () => {
    const { book, meshSize, copies } = runOf({ ...calm, nodes: 40, mesh: { d: 4, floodPublish: false } })
    expect(book.publishes.length).toBeGreaterThan(10)
    expect(book.deliveries).toBe(book.publishes.length * 40)
    expect(meshSize).toBeGreaterThanOrEqual(3)
    expect(meshSize).toBeLessThanOrEqual(8)
    expect(Math.max(...copies.histogram.map(([count]) => count))).toBeLessThanOrEqual(10)
  })

  test('with large messages on slow lines has IDONTWANT save copies', () => {
    const total = (idontwantBytes: number): number => {
      const groups = [{ name: 'slow', share: 1, uplinkMbps: 5 }]
      const mesh = { idontwantBytes, floodPublish: false }
      const { copies } = runOf({ ...calm, nodes: 30, groups, workload: [{ bytes: 20_000 }], mesh })
      return copies.histogram.reduce((sum, [count, nodes]) => sum + count * nodes, 0)
    }
    expect(total(1000)).toBeLessThan(0.9 * total(0))
  })

  test('with slow lines takes the time that these take', () => {
    const slowest = (uplinkMbps: number): number => {
      const groups = [{ name: 'all-of-them', share: 1, uplinkMbps }]
      const { book } = runOf({ ...calm, groups, workload: [{ bytes: 10_000, ratePerSecond: 0.5 }] })
      return Math.max(...[...book.messages].flatMap(({ delays }) => [...delays]))
    }
    expect(slowest(0.5)).toBeGreaterThan(10 * slowest(0))
  })

  test('has nodes join, leave and hear of each other', () => {
    const parts = ['gossip', 'reconcile', 'state', 'members']
    const events = [
      { type: 'join', atMs: 8000, nodes: 'n10..n11' },
      { type: 'leave', atMs: 20_000, nodes: 'n3' },
      { type: 'crash', atMs: 22_000, nodes: 'n4' },
    ]
    const invariants = { membersWithinMs: 30_000 }
    const run = runOf({ ...calm, parts, events, invariants, durationMs: 60_000, members: { start: 'cold' } })
    expect(run.violation).toBeUndefined()
    const statusOf = (peer: string): string | undefined =>
      run.population.node(0)!.state!.membership!.member(peer)?.status
    expect(['n3', 'n4', 'n10'].map(statusOf)).toEqual(['left', 'failed', 'alive'])
    expect(run.book.messages.next().value!.held[11]).toBe(1)
  })
})

describe('an invariant that does not hold ends the run:', () => {
  const island = [{ type: 'partition', atMs: 6000, groups: ['n0..n4'], forMs: 8000 }]

  test('messages of a partition, without reconciliation', () => {
    const { violation } = runOf({ ...calm, parts: ['gossip'], events: island, settleMs: 5000 })
    expect(violation).toMatchObject({
      invariant: 'delivered',
      atMs: 20_000,
      message: expect.stringMatching(/^[0-9a-f]{12} on news of n\d+$/),
    })
    expect(runOf({ ...calm, events: island }).violation).toBeUndefined()
  })

  test('messages that come too late, as soon as they are', () => {
    const links = { latency: { law: 'constant', ms: 2000 } }
    const { violation, now } = runOf({ ...calm, links, invariants: { deliveredWithinMs: 1500 } })
    expect(violation).toMatchObject({ invariant: 'deliveredWithinMs', node: expect.stringMatching(/^n\d+$/) })
    expect(now).toBe(violation!.atMs)
    expect(now).toBeLessThan(15_000)
  })

  test('members that cannot know so soon', () => {
    const parts = ['state', 'members']
    const events = [{ type: 'crash', atMs: 6000, nodes: 'n4' }]
    const { violation } = runOf({
      name: 'soon',
      nodes: 8,
      parts,
      events,
      durationMs: 15_000,
      invariants: { membersWithinMs: 1000 },
    })
    expect(violation).toMatchObject({
      invariant: 'membersWithinMs',
      atMs: 7000,
      detail: expect.stringContaining('n4 is alive'),
    })
  })
})
