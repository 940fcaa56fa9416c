import { peerIdFromKey } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { findPeer } from '../../src/peer/find-peer.ts'

const [a, b, c] = [1, 2, 3].map((byte) => peerIdFromKey(new Uint8Array(32).fill(byte))) as [string, string, string]
const known = [
  { peerId: a, name: 'laptop' },
  { peerId: b, name: 'server' },
  { peerId: c, name: 'server' },
]

test('a peer is named by its id, by six characters or more of either end, and by its name', () => {
  const short = a.slice(-6)
  for (const text of [a, short, `…${short}`, `...${short}`, a.slice(-20), a.slice(8, 20), a.slice(0, 20), 'laptop']) {
    expect(findPeer(text, known)).toBe(a)
  }
  expect(findPeer(peerIdFromKey(new Uint8Array(32)), known)).not.toBe(a)
})

test('a name that two peers have, and a part that fits two, is refused with their ids', () => {
  expect(() => findPeer('server', known)).toThrow(
    expect.objectContaining({ code: 'usage', message: expect.stringContaining(b) }),
  )
})

test('what nobody has is not found, and what nobody can have is wrong usage', () => {
  for (const text of ['nobody', a.slice(-5), '12D3KooW']) {
    expect(() => findPeer(text, known)).toThrow(expect.objectContaining({ code: 'not-found' }))
  }
  for (const text of ['', 'a b', '…abc', '\x1b[31m', '_'.repeat(65)]) {
    expect(() => findPeer(text, known)).toThrow(expect.objectContaining({ code: 'usage' }))
  }
})
