import { hash } from 'node:crypto'
import { describe, expect, test } from 'vitest'
import {
  honestNames,
  invariants,
  Rng,
  runGossip,
  runScenario,
  scenarios,
  type GossipPlan,
  type MachineLike,
} from '../src/index.ts'

const sha256 = (bytes: Uint8Array): Uint8Array => hash('sha256', bytes, 'buffer')
const seeds = Array.from({ length: 8 }, (_, index) => 10_001 + index)
const scenario = (name: string) => scenarios.find((known) => known.name === name)!

describe.each(scenarios)('$name: $text', (each) => {
  test.each(seeds)('seed %i', (seed) => {
    const { violation, acknowledged } = runScenario(each, seed, { sha256 })
    const told = violation && `${invariants[violation.invariant]}: ${JSON.stringify(violation)}`
    expect(told, `pnpm sim:seeds -n 1 --from ${seed} --scenario ${each.name}`).toBeUndefined()
    expect(acknowledged).toBeGreaterThan(0)
  })
})

test('one seed gives one trace, with the built-in SHA-256 too', () => {
  for (const each of scenarios) {
    const { trace } = runScenario(each, 3, { sha256 })
    expect(runScenario(each, 3).trace).toBe(trace)
    expect(runScenario(each, 4, { sha256 }).trace).not.toBe(trace)
  }
})

test('the scenarios are no formality: deliveries are looked for, and every kind of action and verdict happens', () => {
  const reasons = new Set<string>()
  const actions = new Set<string>()
  const wrap = (machine: MachineLike): MachineLike => ({
    get nextWakeup() {
      return machine.nextWakeup
    },
    handle: (event, now) => {
      const answer = machine.handle(event, now)
      for (const { type } of answer) actions.add(type)
      return answer
    },
    why: (id) => machine.why(id),
    snapshot: () => machine.snapshot(),
  })
  for (const each of scenarios) {
    let required = 0
    for (const seed of each.name === 'hostile' ? [...seeds, ...seeds.map((first) => first + 100)] : seeds) {
      const result = runScenario(each, seed, { sha256, wrap })
      required += result.required
      for (const reason of result.verdicts.keys()) reasons.add(reason)
    }
    if (each.name === 'loss') expect(required).toBe(0)
    else expect(required).toBeGreaterThan(each.name === 'lossless' ? 200 : 500)
  }
  const expected = `valid duplicate future not-held rate-limit unknown-version rule-ignored validator-failed
    validator-timeout bad-encoding oversize bad-signature bad-schema rule-rejected deferred`
  expect([...reasons]).toEqual(expect.arrayContaining(expected.split(/\s+/)))
  const types = `sign verify judge gossip verdict deliver pause resume published refused
    store load open send close compared ingested settled want`
  expect([...actions]).toEqual(expect.arrayContaining(types.split(/\s+/)))
})

test.each([
  [20, 4],
  [50, 6],
  [100, 8],
])('on a mesh of %i nodes and degree %i a message takes N(D − 1) + 1 frames, whatever the latency', (hosts, degree) => {
  const names = honestNames(hosts)
  const plan: GossipPlan = {
    hosts,
    hostile: 0,
    degree,
    topics: new Map([['plain', names]]),
    link: { latencyMs: 10, jitterMs: 90 },
    delays: {},
    batchMax: 1,
    gossipIdsMin: 1 << 18,
    pendingBytesPerPeerMax: 4 << 20,
    publishes: [{ at: 0, host: 'h0', topic: 'plain', payload: new Rng(1).bytes(20) }],
    faults: [],
  }
  const { violation, frames, delivered, required } = runGossip(plan, 1, { sha256 })
  expect(violation).toBeUndefined()
  expect({ frames, delivered, required }).toEqual({
    frames: hosts * (degree - 1) + 1,
    delivered: hosts,
    required: hosts,
  })
})

test('without faults exactly as many deliveries happen as the invariant looks for, on topics without a rate', () => {
  const { plan } = scenario('calm')
  for (const seed of seeds) {
    const calm = plan(new Rng(seed))
    const publishes = calm.publishes.filter(
      ({ topic }) => topic !== 'limited' && topic !== 'content' && topic !== 'raw',
    )
    const { violation, delivered, required } = runGossip({ ...calm, publishes }, seed, { sha256 })
    expect(violation).toBeUndefined()
    expect(delivered).toBe(required)
  }
})
