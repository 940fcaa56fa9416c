import { expect, test } from 'vitest'
import { Backlog } from '../src/backlog.ts'

function backlog(ofPeerMax: number, totalMax: number): { backlog: Backlog; calls: string[] } {
  const calls: string[] = []
  const onPause = (peer: string): number => calls.push(`pause ${peer}`)
  const onResume = (peer: string): number => calls.push(`resume ${peer}`)
  return { backlog: new Backlog({ ofPeerMax, totalMax, onPause, onResume }), calls }
}

test('a peer is paused beyond half of its share, refused beyond the whole, and goes on at a quarter', () => {
  const { backlog: held, calls } = backlog(100, 10_000)
  expect(held.add('a', 50)).toBe(true)
  expect(calls).toEqual([])
  expect(held.add('a', 50)).toBe(true)
  expect(calls).toEqual(['pause a'])
  expect(held.add('a', 1)).toBe(false)
  held.remove('a', 50)
  expect(calls).toEqual(['pause a'])
  held.remove('a', 25)
  expect(calls).toEqual(['pause a', 'resume a'])
})

test('peers that fill the whole between them are paused, and cannot turn away the first envelope of another', () => {
  const { backlog: held, calls } = backlog(100, 400)
  for (const peer of ['a', 'b', 'c', 'd', 'e', 'f', 'g', 'h']) expect(held.add(peer, 50)).toBe(true)
  expect(calls).toEqual(['pause e', 'pause f', 'pause g', 'pause h'])
  expect(held.add('a', 10)).toBe(false)
  expect(held.add('new', 60)).toBe(true)
  expect(held.total).toBe(460)
})

test('all that were paused for the sake of the whole go on once little is left, and nothing is left behind', () => {
  const { backlog: held, calls } = backlog(100, 200)
  const peers = ['a', 'b', 'c', 'd']
  for (const peer of peers) held.add(peer, 40)
  expect(calls).toEqual(['pause c', 'pause d'])
  for (const peer of peers) held.remove(peer, 40)
  expect(calls.toSorted()).toEqual(['pause c', 'pause d', 'resume c', 'resume d'])
  expect(held.total).toBe(0)
})
