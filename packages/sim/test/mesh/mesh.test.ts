import { expect, test } from 'vitest'
import { meshNetwork, meshRules, runMesh, scorePresets, type MeshRunOptions } from '../../src/mesh/index.ts'

const network = { ...meshNetwork, latency: { law: 'uniform', minMs: 10, maxMs: 100 } } as const
const plain: MeshRunOptions = {
  nodes: 200,
  dials: 10,
  rules: meshRules,
  network,
  warmMs: 10_000,
  messages: 20,
  intervalMs: 500,
  settleMs: 6000,
}

test('nodes form a mesh within the bounds by themselves, and all get all', () => {
  const run = runMesh(plain, 1)
  expect(run.delivered).toBe(20 * 199)
  expect(run.delivered).toBe(run.expected)
  expect(run.meshSize.least).toBeGreaterThanOrEqual(meshRules.dLow)
  expect(run.meshSize.most).toBeLessThanOrEqual(meshRules.dHigh)
  // Nothing is left to graft or prune.
  expect(run.sent.graft + run.sent.prune).toBe(0)
})

test('a seed repeats a run, and another does not', () => {
  expect(runMesh(plain, 7)).toEqual(runMesh(plain, 7))
  expect(runMesh(plain, 8)).not.toEqual(runMesh(plain, 7))
})

test('announcements deliver what links lose', () => {
  const lossy = { ...network, loss: 0.3 }
  const [with3, without] = [3, 0].map((historyGossip) =>
    runMesh(
      { ...plain, rules: { ...meshRules, d: 3, dLow: 3, dHigh: 4, dScore: 2, historyGossip }, network: lossy },
      1,
    ),
  )
  expect(without!.delivered).toBeLessThan(without!.expected)
  expect(with3!.sent.iwant).toBeGreaterThan(0)
  expect(with3!.expected - with3!.delivered).toBeLessThan((without!.expected - without!.delivered) / 20)
})

test('a message is announced for as many heartbeats as the rules say', () => {
  const deaf = { ...meshRules, floodPublish: false, historyGossip: 1, historyLength: 1 }
  const rare = { ...plain, intervalMs: 4000 }
  const run = runMesh({ ...rare, rules: deaf }, 1)
  const longer = runMesh({ ...rare, rules: { ...deaf, historyGossip: 3, historyLength: 5 } }, 1)
  expect(longer.sent.ihave / run.sent.ihave).toBeCloseTo(3, 1)
})

test('flood publish saves a hop, and costs copies', () => {
  const [flood, mesh] = [true, false].map((floodPublish) =>
    runMesh({ ...plain, rules: { ...meshRules, floodPublish } }, 1),
  )
  expect(flood!.delayMs.p50).toBeLessThan(mesh!.delayMs.p50)
  expect(flood!.sent.message).toBeGreaterThan(mesh!.sent.message)
})

test('scores among honest nodes harm nobody', () => {
  const options = { ...plain, trafficMs: 8000, warmMs: 20_000, intervalMs: 100 }
  for (const name of ['stock', 'grapevine', 'hardening'] as const) {
    const run = runMesh({ ...options, score: scorePresets[name] }, 1)
    expect(run.delivered).toBe(run.expected)
    expect(run.honestPart).toBe(1)
  }
})

test('options out of range are named', () => {
  expect(() => runMesh({ ...plain, rules: { ...meshRules, dLow: 7 } }, 1)).toThrow('dLow is 7')
  expect(() => runMesh({ ...plain, nodes: 1 }, 1)).toThrow('nodes is 1')
  const latency = { law: 'constant', ms: 20_000 } as const
  expect(() => runMesh({ ...plain, network: { ...network, latency } }, 1)).toThrow('a latency is 20000 ms')
})
