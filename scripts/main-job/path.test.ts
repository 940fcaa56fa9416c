import { expect, test } from 'vitest'
import { describeHop, pathOf, type Witness } from './path.ts'

const at = (ms: number): string => new Date(1_700_000_000_000 + ms).toISOString()
const witness = (name: string, steps: Witness['why']['steps']): Witness => ({
  name,
  peerId: `peer of ${name}`,
  why: { id: 'aa', topic: 'btc/tx', gossipId: 'bb', self: `peer of ${name}`, steps, stepsDropped: 0, copies: 0 },
})

test('the journals of all nodes give the path of a message, nearest to its publisher first', () => {
  const path = pathOf([
    witness('c', [
      { at: at(7), what: 'received', peer: 'peer of b' },
      { at: at(8), what: 'verdict', verdict: 'accept', reason: 'valid' },
      { at: at(8), what: 'sent', peer: 'peer of a' },
    ]),
    witness('b', [
      { at: at(3), what: 'received', peer: 'peer of a' },
      { at: at(4), what: 'verdict', verdict: 'accept', reason: 'valid' },
      { at: at(4), what: 'sent', peer: 'peer of c' },
    ]),
    witness('a', [
      { at: at(0), what: 'published' },
      { at: at(0), what: 'sent', peer: 'peer of b' },
      { at: at(9), what: 'copy', peer: 'peer of c' },
    ]),
  ])
  expect(path.map(describeHop)).toEqual([
    '   +0 ms  a  published it, sent it to b, dropped a copy from c',
    '   +3 ms  b  got it from a (hop 1), found it valid, sent it to c',
    '   +7 ms  c  got it from b (hop 2), found it valid, sent it to a',
  ])
})
