import { encodeUtf8, Machine, sha256, type Action, type MachineOptions, type TopicRules } from '@grapevine/protocol'
import { beforeEach, describe, expect, test } from 'vitest'
import { GossipHost, Recorder, replay, World, type Packet, type RecordedStep } from '../src/index.ts'

const networkId = sha256(encodeUtf8('network'))
const rules: TopicRules = {
  name: 'chat',
  wireName: 'chat',
  format: 'envelope',
  messageBytesMax: 1_000,
  judged: true,
  delivery: 'best-effort',
  authorRateMax: 8,
}
const optionsOf = (id: string): MachineOptions & { sha256: typeof sha256 } => ({
  networkId,
  author: sha256(encodeUtf8(id)),
  epoch: 1_767_225_600_000,
  salt: 1,
  sha256,
})

let recorders: Map<string, Recorder>

/** Three hosts that publish to each other over a bad link, with slow validators. */
beforeEach(() => {
  recorders = new Map()
  const link = { latencyMs: 10, jitterMs: 30, loss: 0.1, duplication: 0.3, reorder: 0.3 }
  const world = new World<Packet, GossipHost>({ seed: 9, link })
  const names = ['a', 'b', 'c']
  for (const id of names) {
    world.add(id, (port, now) => {
      const host = new GossipHost({
        machine: optionsOf(id),
        port,
        neighbours: () => names.filter((name) => name !== id),
        delays: { verifyMs: 20, judgeMs: 40, gossipMs: 30 },
        judge: ({ payload }) => ({ verdict: payload[0]! % 5 === 0 ? 'ignore' : 'accept' }),
        wallAtStart: 1_767_225_600_000_000,
        wrap: (machine) => {
          const recorder = new Recorder(machine)
          recorders.set(id, recorder)
          return recorder
        },
      })
      host.hold(rules, now)
      return host
    })
  }
  for (let count = 0; count < 60; count++) {
    world.at(count * 15, () =>
      world.act(world.rng.pick(names), (host, now) => void host.publish('chat', world.rng.bytes(20), now)),
    )
  }
  world.drain()
})

const typesOf = (steps: readonly RecordedStep[]): Set<Action['type']> =>
  new Set(steps.flatMap(({ actions }) => actions.map(({ type }) => type)))

describe('a recording of a host', () => {
  test('gives the same actions byte for byte when a fresh machine takes its events', () => {
    for (const [id, { steps }] of recorders) {
      expect(steps.length).toBeGreaterThan(150)
      expect(typesOf(steps)).toEqual(
        new Set(['sign', 'judge', 'gossip', 'verify', 'verdict', 'deliver', 'published', 'refused']),
      )
      const machine = new Machine(optionsOf(id))
      const actions = steps.map(({ event, now }) => machine.handle(event, now))
      expect(actions).toEqual(steps.map((step) => step.actions))
      expect(replay(steps, new Machine(optionsOf(id)))).toBeUndefined()
    }
  })

  test('shows the first step at which another machine decides otherwise', () => {
    const { steps } = recorders.get('a')!
    const divergence = replay(steps, new Machine({ ...optionsOf('a'), epoch: 1_767_225_600_001 }))
    const first = steps.findIndex(({ event }) => event.type === 'publish')
    expect(divergence?.index).toBe(first)
    expect(divergence?.actions).not.toEqual(divergence?.recorded.actions)
  })
})
