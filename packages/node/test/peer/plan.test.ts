import { expect, test } from 'vitest'
import { planDials, redialWaitMs, retryWaitMs, type PeerFacts } from '../../src/peer/plan.ts'

const bounds = { target: 3, dialsMax: 4 }

function peer(peerId: string, facts: Partial<PeerFacts> = {}): PeerFacts {
  return { peerId, origin: 'learned', state: 'idle', nextDialAt: 0, seen: 0, isProven: false, ...facts }
}

const dialled = (peers: readonly PeerFacts[], connected: number, now = 1_000): readonly string[] =>
  planDials(peers, connected, now, bounds).dials.map(({ peerId, reason }) => `${peerId} ${reason}`)

test('kept peers are dialled however many others are connected, learned ones only below the target', () => {
  const peers = [peer('l'), peer('b', { origin: 'bootstrap' }), peer('a', { origin: 'added' })]
  expect(dialled(peers, 300)).toEqual(['b bootstrap', 'a added'])
  expect(dialled(peers, 1)).toEqual(['b bootstrap', 'a added'])
  expect(dialled(peers, 0)).toEqual(['b bootstrap', 'a added', 'l few-peers'])
})

test('dials under way count towards the target', () => {
  expect(dialled([peer('x', { state: 'dialing' }), peer('y'), peer('z')], 1)).toEqual(['y few-peers'])
})

test('of learned peers those come first that were reached before, then those seen last', () => {
  const peers = [
    peer('never'),
    peer('old', { seen: 5, isProven: true }),
    peer('fresh', { seen: 9 }),
    peer('new', { seen: 8, isProven: true }),
  ]
  expect(dialled(peers, 0)).toEqual(['new few-peers', 'old few-peers', 'fresh few-peers'])
})

test('no more peers are dialled at one time than the bound', () => {
  const peers = Array.from({ length: 9 }, (_, index) => peer(`b${index}`, { origin: 'bootstrap' }))
  expect(dialled(peers, 0)).toHaveLength(4)
  expect(dialled([...peers, peer('x', { state: 'dialing' })], 0)).toHaveLength(3)
})

test('connected peers and those whose time has not come are left alone, and the next time is told', () => {
  const peers = [
    peer('on', { origin: 'added', state: 'connected' }),
    peer('later', { origin: 'added', nextDialAt: 5_000 }),
    peer('soon', { nextDialAt: 2_000 }),
  ]
  expect(planDials(peers, 1, 1_000, bounds)).toEqual({ dials: [], wakeAt: 2_000 })
  expect(planDials(peers, 3, 1_000, bounds)).toEqual({ dials: [], wakeAt: 5_000 })
  expect(planDials([peers[0]!], 1, 1_000, bounds)).toEqual({ dials: [] })
})

test('waits double up to a most that suits the peer, half as long or half again by chance', () => {
  expect([1, 2, 3, 7, 99].map((failures) => retryWaitMs(failures, 'bootstrap', 0.5))).toEqual([
    500, 1_000, 2_000, 30_000, 30_000,
  ])
  expect(retryWaitMs(99, 'learned', 0.5)).toBe(300_000)
  expect([retryWaitMs(1, 'added', 0), retryWaitMs(1, 'added', 1)]).toEqual([250, 750])
  expect(redialWaitMs(0.25)).toBe(250)
})
