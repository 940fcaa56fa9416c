import { expect, test } from 'vitest'
import { planScenario, ScenarioRun } from '../src/run/index.ts'
import { parseScenario } from '../src/scenario-file/index.ts'

const file = parseScenario({
  name: 'plan',
  nodes: 12,
  seed: 5,
  connections: { dials: 3 },
  links: { latency: { law: 'world' } },
  workload: [{ ratePerSecond: 5, startMs: 1000 }],
  events: [
    { type: 'join', atMs: 4000, nodes: 'n11' },
    { type: 'partition', atMs: 6000, groups: ['n0..n3'], forMs: 3000 },
    { type: 'crash', atMs: 7000, nodes: 'random:2', forMs: 2000 },
    { type: 'loss', atMs: 12_000, loss: 0.1, forMs: 1000 },
    { type: 'leave', atMs: 14_000, nodes: 'n5' },
  ],
  durationMs: 20_000,
})

test('a plan has the publishes of the run, by the same nodes at the same times', () => {
  const run = new ScenarioRun(file)
  while (!run.isOver) run.advance(1000)
  const planned = planScenario(file).steps.filter((step) => step.type === 'publish')
  expect(planned.length).toBeGreaterThan(50)
  expect(planned.map(({ node, atMs }) => [node, atMs])).toEqual(run.book.publishes.map(({ node, at }) => [node, at]))
})

test('a plan has the faults in order, each with those that it hits, and what ends them', () => {
  const { steps, late } = planScenario(file)
  const faults = steps.filter((step) => step.type !== 'publish')
  expect([...late]).toEqual([11])
  expect(faults.map(({ type, atMs }) => [type, atMs])).toEqual([
    ['start', 4000],
    ['partition', 6000],
    ['crash', 7000],
    ['heal', 9000],
    ['start', 9000],
    ['loss', 12_000],
    ['loss', 13_000],
    ['leave', 14_000],
  ])
  const [crashed, started] = faults.filter(({ type, atMs }) => type === 'crash' || (type === 'start' && atMs > 4000))
  expect(crashed).toMatchObject({ nodes: (started as { nodes: readonly number[] }).nodes })
})

test('latencies are those of the regions that nodes are in', () => {
  const { regions, regionOf, latencyMs, pairs } = planScenario(file)
  expect(regions).toHaveLength(8)
  expect(pairs).toHaveLength(36)
  expect(planScenario(file).pairs).toEqual(pairs)
  expect(regionOf(0)).toBe(planScenario(file).regionOf(0))
  expect(latencyMs(0, 1)).toBe(latencyMs(1, 0))
})
