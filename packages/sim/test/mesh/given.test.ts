import { expect, test } from 'vitest'
import { DeliveryCount } from '../../src/report/index.ts'
import { grapevineRules, meshNetwork, meshRules, runMesh, type MeshRunOptions } from '../../src/mesh/index.ts'

const line: MeshRunOptions = {
  nodes: 3,
  dials: [
    { from: 0, to: 1 },
    { from: 2, to: 1 },
  ],
  rules: meshRules,
  network: {
    ...meshNetwork,
    latency: {
      law: 'links',
      ms: [
        [0, 10, 0],
        [11, 0, 20],
        [0, 21, 0],
      ],
    },
    handlingMs: 2,
  },
  publishers: 1,
  warmMs: 5000,
  messages: 10,
  intervalMs: 100,
  settleMs: 5000,
}

test('connections and latencies that are given decide when a message comes, and handling adds to each hop', () => {
  const deliveries = new DeliveryCount()
  const { delivered, delayMs } = runMesh(line, 1, { deliveries })
  expect(delivered).toBe(20)
  expect(delayMs).toMatchObject({ p50: 10 + 2, max: 10 + 2 + 20 + 2 })
  expect(deliveries.parts.latency).toMatchObject({ mean: 23, p50: 12, p90: 34 })
  expect(deliveries.parts.regions).toBeUndefined()
})

test('latencies for another number of nodes are refused', () => {
  const network = {
    ...line.network,
    latency: {
      law: 'links',
      ms: [
        [0, 1],
        [1, 0],
      ],
    },
  } as const
  expect(() => runMesh({ ...line, network }, 1)).toThrow('latencies of links are not 3 rows of 3')
})

const crowd: MeshRunOptions = {
  ...line,
  nodes: 40,
  dials: 8,
  rules: grapevineRules,
  network: { ...meshNetwork, latency: { law: 'uniform', minMs: 40, maxMs: 130 } },
  publishers: 40,
}
/** All within a fifth of a second. */
const joinAt = Array.from({ length: 40 }, (_, node) => node * 5)

test('nodes that enter a topic graft those that they know, and all get all', () => {
  const run = runMesh({ ...crowd, joinAt }, 1)
  expect(run.delivered).toBe(run.expected)
  expect(run.expected).toBe(10 * 39)
  expect(run.meshSize.least).toBeGreaterThanOrEqual(grapevineRules.dLow)
})

test('a node that grafts whoever enters has a mesh before its first heartbeat', () => {
  const [before, without] = [true, false].map((graftOnSubscribe) => {
    const rules = { ...grapevineRules, graftOnSubscribe, heartbeatMs: 60_000 }
    const times = { warmMs: 500, messages: 1, settleMs: 100 }
    return runMesh({ ...crowd, ...times, rules, joinAt: joinAt.map(() => 0) }, 1).meshSize
  })
  expect(before!.mean).toBeGreaterThanOrEqual(grapevineRules.dLow)
  expect(without!.mean).toBeLessThan(1)
})

test('a time beyond a minute to enter at is refused', () => {
  expect(() => runMesh({ ...line, joinAt: [0, 70_000, 0] }, 1)).toThrow('joinAt is 70000')
})
