import { expect, test } from 'vitest'
import type { FindingView, ProbeView, ReachView } from '@grapevine/protocol/control'
import { probeLines } from '../src/probe-screen.ts'

const finding = (from: string, more: Partial<FindingView> = {}): FindingView => ({
  from,
  link: 'answers',
  ms: 12.3,
  door: 'open',
  ...more,
})
const member = (name: string, more: Partial<ReachView>): ReachView => ({
  peerId: `id-${name}`,
  short: `…${name}`,
  status: 'alive',
  verdict: 'fine',
  by: [],
  findings: [],
  ...more,
})
const lines = (view: ProbeView): string[] => probeLines(view).map((line) => line.replace(/ {2,}/g, '  '))

test('who reaches whom is a table, and below it stands what is likely wrong', () => {
  const askers = [
    { peerId: 'id-a', short: '…a', name: 'anna\u001b', answered: true },
    { peerId: 'id-b', short: '…b', answered: false },
  ]
  const shut = member('c', {
    verdict: 'one-way',
    by: ['us', 'id-a'],
    findings: [finding('us', { door: 'silent' }), finding('id-a', { ms: 3, door: 'refused' })],
  })
  const gone = member('d', {
    verdict: 'stopped',
    findings: [
      finding('us', { link: 'none', door: 'refused' }),
      finding('id-a', { link: 'stranger', door: 'untried' }),
    ],
  })
  const well = member('a', { name: 'anna\u001b', findings: [finding('us')] })
  expect(lines({ askers, members: [shut, gone, well], left: 0 })).toEqual([
    String.raw`  likely  this node  …a (anna\e)`,
    '…c  one-way  12 ms, shut  3.0 ms, shut',
    '…d  stopped  refused  not known',
    String.raw`…a  anna\e  fine  12 ms`,
    String.raw`…c: it reaches others, but this node, …a (anna\e) cannot connect to it: a firewall or NAT, or it announces wrong addresses`,
    '…d: its machine answers, but no node listens there: it has ended',
    'asked, but did not answer: …b',
  ])
})
