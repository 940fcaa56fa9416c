import { expect, test } from 'vitest'
import { meshDuplicates, meshTransmissions } from '../../src/epidemic/index.ts'
import { floodMesh, meshNetwork, meshRules, worldMap, type LatencyLaw, type MeshRun } from '../../src/mesh/index.ts'

const rules = { ...meshRules, heartbeatMs: 0, floodPublish: false }
const flood = (nodes: number, degree: number, latency: LatencyLaw, messages = 20): MeshRun =>
  floodMesh({ nodes, degree, rules, network: { ...meshNetwork, latency }, messages }, 1)

test.each([
  [100, 6, { law: 'constant', ms: 100 }],
  [1000, 8, { law: 'constant', ms: 1 }],
  [1001, 6, { law: 'uniform', minMs: 1, maxMs: 300 }],
  [1000, 5, { law: 'exponential', meanMs: 80 }],
  [10, 3, { law: 'uniform', minMs: 40, maxMs: 130 }],
] as const)(
  'on %i nodes with %i neighbours, duplicates are D − 2 + 2/N whatever links take',
  (nodes, degree, latency) => {
    const run = flood(nodes, degree, latency)
    expect(run.delivered).toBe(run.expected)
    expect(run.duplicates).toBeCloseTo(meshDuplicates(nodes, degree), 10)
    expect(run.sent.message).toBe(20 * meshTransmissions(nodes, degree))
  },
)

test('a slow uplink costs D·S/R for each hop', () => {
  const latency = { law: 'constant', ms: 1 } as const
  const network = { ...meshNetwork, latency, messageBytes: 125_000 }
  const options = { nodes: 1000, degree: 6, rules: { ...rules, idontwantBytes: 0 }, messages: 5 }
  const [fast, slow] = [0, 100].map((uplinkMbps) => floodMesh({ ...options, network: { ...network, uplinkMbps } }, 1))
  // 1 Mbit at 100 Mbit/s: 10 ms a copy, five or six copies a hop.
  const hops = fast!.delayMs.p50
  expect(slow!.delayMs.p50).toBeGreaterThan(hops * 10)
  expect(slow!.delayMs.p50).toBeLessThan(hops * 62)
  expect(slow!.sent.message).toBe(fast!.sent.message)
})

test('a check before passing on delays each hop by as much, and IDONTWANT then saves copies of large messages', () => {
  const latency = { law: 'uniform', minMs: 5, maxMs: 30 } as const
  const run = (idontwantBytes: number, validationMs: number): MeshRun => {
    const network = { ...meshNetwork, latency, validationMs, messageBytes: 2000 }
    return floodMesh({ nodes: 1000, degree: 8, rules: { ...rules, idontwantBytes }, network, messages: 5 }, 1)
  }
  const [plain, checked, told] = [run(0, 0), run(0, 40), run(1024, 40)]
  expect(checked.delayMs.p50).toBeGreaterThan(plain.delayMs.p50 + 100)
  expect(checked.duplicates).toBeCloseTo(plain.duplicates, 10)
  expect(told.delayMs.p50).toBeLessThanOrEqual(checked.delayMs.p50 + 5)
  expect(told.duplicates).toBeLessThan(checked.duplicates * 0.7)
  expect(told.delivered).toBe(told.expected)
})

test('memory of a large mesh stays below 100 bytes a node and 12 bytes a connection', () => {
  const [nodes, degree] = [20_000, 8]
  const { bytes } = flood(nodes, degree, { law: 'uniform', minMs: 40, maxMs: 130 }, 1)
  // Beside the ring of buckets, which is the same for all sizes.
  expect(bytes - 600_000).toBeLessThan(nodes * 100 + ((nodes * degree) / 2) * 12)
})

test('on a map, links take what it says, and delays are told by region', () => {
  const map = {
    regions: [
      { name: 'here', weight: 3 },
      { name: 'there', weight: 1 },
      { name: 'nowhere', weight: 0 },
    ],
    ms: [
      [1, 1000, 1],
      [1000, 1, 1],
      [1, 1, 1],
    ],
  }
  const { regions, delayMs } = flood(400, 8, { law: 'map', map }, 30)
  const [here, there, nowhere] = regions!
  expect(nowhere).toEqual({ name: 'nowhere', nodes: 0, delayMs: { p50: 0, p90: 0, p99: 0, max: 0 } })
  expect(here!.nodes / 400).toBeCloseTo(0.75, 1)
  expect(here!.nodes + there!.nodes).toBe(400)
  // Three of four messages begin here; who has no neighbour in its own region hears over two long links at most.
  expect(here!.delayMs.p50).toBeLessThan(20)
  expect(there!.delayMs.p50).toBeGreaterThan(1000)
  expect(delayMs.max).toBeLessThan(2050)
})

test('the map of the world is symmetric but for one way, and has its weights', () => {
  const { regions, ms } = worldMap
  expect(ms.map((row) => row.length)).toEqual(regions.map(() => 8))
  const uneven = ms.flatMap((row, from) => row.flatMap((value, to) => (value === ms[to]![from] ? [] : [[from, to]])))
  // As published: 190 ms one way and 195 ms the other.
  expect(uneven).toEqual([
    [6, 7],
    [7, 6],
  ])
  expect(() => flood(10, 3, { law: 'map', map: { ...worldMap, ms: ms.slice(1) } })).toThrow('56 latencies')
})
