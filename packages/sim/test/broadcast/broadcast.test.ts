import { expect, test } from 'vitest'
import { broadcastDefaults, runBroadcast, type BroadcastOptions, type BroadcastRun } from '../../src/broadcast/index.ts'
import { stableMs } from '../../src/broadcast/stable.ts'

const run = (options: Partial<BroadcastOptions>): BroadcastRun => runBroadcast({ ...broadcastDefaults, ...options }, 1)

test.each([
  ['line', 24],
  ['grid', 56],
  ['tree2', 24],
  ['tree3', 24],
  ['tree4', 24],
  ['total', 576],
  ['mesh', 126],
] as const)(
  'on a %s of 25 nodes a broadcast takes %i messages, 2E − (N − 1), and reaches all',
  (topology, messages) => {
    for (const isExponential of [false, true]) {
      const result = run({ topology, isExponential })
      expect(result.messages / result.broadcasts).toBe(messages)
      expect(result.lost).toBe(0)
    }
  },
)

test('reach is the longest way: 8 hops on a grid of 5 by 5, 5 on tree4, 24 on a line', () => {
  expect(run({ topology: 'grid' }).reachMs.max).toBe(800)
  expect(run({ topology: 'tree4' }).reachMs.max).toBe(500)
  expect(run({ topology: 'line' }).reachMs.max).toBe(2400)
})

test('a mesh of six neighbours that gathers for 60 ms passes challenges 3d and 3e of Gossip Glomers at once', () => {
  const { messagesPerOperation, stableMs: stable, lost } = run({ topology: 'mesh', batchMs: 60 })
  expect(lost).toBe(0)
  // 3d: below 30 messages, 400 ms and 600 ms. 3e: below 20 messages, 1 s and 2 s.
  expect(messagesPerOperation).toBeLessThan(20)
  expect(stable.p50).toBeLessThan(400)
  expect(stable.max).toBeLessThan(600)
})

test('a seed repeats a run', () => {
  expect(run({ topology: 'mesh', isExponential: true })).toEqual(run({ topology: 'mesh', isExponential: true }))
})

test('a value is stable after the last read that lacks it, and at once if none does', () => {
  const had = Float64Array.from([0, 100, 250])
  const reads = [
    { at: 5, node: 0 },
    { at: 60, node: 1 },
    { at: 120, node: 2 },
    { at: 260, node: 2 },
  ]
  expect(stableMs(10, had, reads)).toBe(111)
  expect(stableMs(200, had, reads)).toBe(0)
})
