import { parseScenario } from '@grapevine/sim/scenario-file'
import { describe, expect, test } from 'vitest'
import { refuseUnreal, unmodelled } from '../src/sim/real/scope.ts'

const plain = { name: 'plain', nodes: 4, durationMs: 10_000, workload: [{}] }
const refusalOf = (changes: object, noLab?: string): unknown => {
  try {
    refuseUnreal(parseScenario({ ...plain, ...changes }), noLab)
    return undefined
  } catch (error) {
    const { code, message } = error as { code: string; message: string }
    return { code, message }
  }
}

describe('what real processes cannot be made to do is refused by name', () => {
  test.each([
    ['too many', { nodes: 101 }, 'nodes: 101'],
    ['hostile nodes', { hostile: { gossip: 1 } }, 'hostile: '],
    ['nobody who publishes', { workload: [] }, 'workload: '],
    ['a full disk', { events: [{ type: 'disk-full', atMs: 1, nodes: 'n0', forMs: 1 }] }, 'events[0]: disk-full'],
    ['damage', { events: [{ type: 'disk-damage', atMs: 1, nodes: 'n0', count: 1 }] }, 'events[0]: disk-damage'],
  ])('%s', (_, changes, text) => {
    expect(refusalOf(changes)).toEqual({ code: 'usage', message: expect.stringContaining(text) as string })
  })

  test('a cut, where there are no links that could be cut', () => {
    const events = [{ type: 'partition', atMs: 1, groups: ['n0'] }]
    expect(refusalOf({ events })).toBeUndefined()
    expect(refusalOf({ events }, 'there is no Linux')).toMatchObject({ code: 'no-lab' })
  })
})

test('what is passed over is told', () => {
  const file = parseScenario({
    ...plain,
    groups: [{ name: 'far', share: 0.5, uplinkMbps: 1, clockSkewMs: 5 }],
    parts: ['gossip', 'state'],
    mesh: { d: 8 },
    invariants: { order: false, protocol: false, equal: false },
  })
  expect(unmodelled(file, 'there is no Linux')).toEqual([
    'latency, jitter and loss of links: there is no Linux, so all is on loopback',
    'uplinks and downlinks',
    'clocks that differ',
    'writes of state',
    'rules of the mesh: nodes have their own',
  ])
  expect(unmodelled(parseScenario({ ...plain, invariants: { order: false } }), undefined)).toEqual([
    'invariants: protocol, equal',
  ])
})
