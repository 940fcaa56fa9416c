import { describe, expect, test } from 'vitest'
import type { Block } from '../../src/chain/block.ts'
import { ChainIndex } from '../../src/chain/chain-index.ts'

const root = { id: 'g', item: undefined }
const ids = (blocks: readonly { readonly id: string }[]): string[] => blocks.map(({ id }) => id)

/** `a > b > c`: blocks in a line, each of work 1, the first one there already. */
function grow(index: ChainIndex, line: string, peer = 'p') {
  const names = line.split(' > ')
  return names.slice(1).map((id, at) => index.add({ id, parentId: names[at]!, work: 1n, item: undefined }, peer, 0))
}

describe('a chain index', () => {
  test('says what left and what joined when another branch gets more work', () => {
    const index = new ChainIndex({ root })
    grow(index, 'g > a1 > a2')
    const [first, second, third] = grow(index, 'g > b1 > b2 > b3')
    expect([first!.status, second!.status, third!.status]).toEqual(['side', 'side', 'best'])
    const { left, joined, fork } = third!.move!
    expect([ids(left), ids(joined), fork.id]).toEqual([['a2', 'a1'], ['b1', 'b2', 'b3'], 'g'])
    expect(ids(index.tips())).toEqual(['b3', 'a2'])
  })

  test('stays with what came first when the work is equal, and goes by work, not by length', () => {
    const index = new ChainIndex({ root })
    grow(index, 'g > a1 > a2 > a3')
    expect(index.add({ id: 'b1', parentId: 'g', work: 3n, item: undefined }, 'p', 0).status).toBe('side')
    const { move } = index.add({ id: 'b2', parentId: 'b1', work: 1n, item: undefined }, 'p', 0)
    expect([ids(move!.left), ids(move!.joined), index.best.height]).toEqual([['a3', 'a2', 'a1'], ['b1', 'b2'], 2])
  })

  test('parks what comes before its parent, names what is missing, and connects all of it in one go', () => {
    const index = new ChainIndex({ root })
    expect(grow(index, 'b > c')[0]).toMatchObject({ status: 'parked', missing: 'b' })
    expect(grow(index, 'a > b')[0]).toMatchObject({ status: 'parked', missing: 'a' })
    expect(grow(index, 'c > d')[0]).toMatchObject({ status: 'parked', missing: 'a' })
    const [result] = grow(index, 'g > a')
    expect([result!.status, ids(result!.connected), result!.move!.to.id]).toEqual(['best', ['a', 'b', 'c', 'd'], 'd'])
    expect(index.parkedSize).toBe(0)
  })

  test('falls back to the next best branch when a block turns out to be invalid, and takes nothing behind it again', () => {
    const index = new ChainIndex({ root })
    grow(index, 'g > a1 > a2 > a3')
    grow(index, 'g > b1 > b2')
    const change = index.invalidate('a1')!
    expect([ids(change.dropped), ids(change.move!.left), ids(change.move!.joined)]).toEqual([
      ['a1', 'a2', 'a3'],
      ['a3', 'a2', 'a1'],
      ['b1', 'b2'],
    ])
    expect(grow(index, 'g > a1')[0]).toMatchObject({ status: 'refused', reason: 'invalid' })
    expect(grow(index, 'a3 > a4')[0]).toMatchObject({ status: 'refused', reason: 'invalid-parent' })
    expect(grow(index, 'a4 > a5')[0]).toMatchObject({ status: 'refused', reason: 'invalid-parent' })
  })

  test('checks a parked block when its parent is there, and says who sent what is wrong', () => {
    const heights: string[] = []
    const check = ({ id }: { id: string }, parent: Block): string | undefined => {
      heights.push(`${id} on ${parent.height}`)
      return id === 'bad' ? 'no proof of work' : undefined
    }
    const index = new ChainIndex({ root, check })
    grow(index, 'bad > worse', 'r')
    grow(index, 'a > bad', 'q')
    const [result] = grow(index, 'g > a', 'p')
    expect(heights).toEqual(['a on 0', 'bad on 1'])
    expect(result).toMatchObject({
      status: 'best',
      refused: [
        { id: 'bad', reason: 'check', detail: 'no proof of work', peers: ['q'] },
        { id: 'worse', reason: 'invalid-parent', peers: ['r'] },
      ],
    })
  })

  test('lets nothing change below its finality depth, and forgets what is beside it', () => {
    const index = new ChainIndex({ root, finalityDepth: 2 })
    grow(index, 'g > a1 > a2')
    grow(index, 'g > b1')
    const [result] = grow(index, 'a2 > a3')
    expect([ids(result!.final), ids(result!.dropped), index.root.id]).toEqual([['a1'], ['b1'], 'a1'])
    expect(grow(index, 'g > b1')[0]).toMatchObject({ status: 'refused', reason: 'final' })
    expect(index.add({ id: 'c1', parentId: 'g', work: 1000n, item: undefined }, 'p', 0)).toMatchObject({
      reason: 'final',
    })
    expect(index.invalidate('a1')).toBeUndefined()
    expect([index.heightOf('g'), index.get('g'), index.idAt(0)]).toEqual([0, undefined, 'g'])
  })

  test('lets no peer that sends orphans push out those of another, and gives them up in time', () => {
    const index = new ChainIndex({ root, parked: { countMax: 10, lifetimeMs: 1000 } })
    grow(index, 'a > b', 'honest')
    for (let i = 0; i < 100; i++) grow(index, `x${i} > y${i}`, 'flooder')
    expect(index.parkedSize).toBe(10)
    expect(ids(grow(index, 'g > a')[0]!.connected)).toEqual(['a', 'b'])
    expect(index.expire(999)).toEqual([])
    expect(index.expire(1000).length).toBe(9)
  })

  test('refuses blocks without work', () => {
    const index = new ChainIndex({ root })
    expect(index.add({ id: 'a', parentId: 'g', work: 0n, item: undefined }, 'p', 0)).toMatchObject({ reason: 'work' })
  })

  test('finds ancestors at any height, also when what is far below is forgotten', () => {
    const index = new ChainIndex({ root, finalityDepth: 300, finalIdsMax: 1000 })
    for (let height = 1; height <= 3000; height++) {
      grow(index, `${height === 1 ? 'g' : `b${height - 1}`} > b${height}`)
      if (height % 97 !== 0) continue
      for (let at = Math.max(1, height - 300); at <= height; at += 13) {
        expect(index.ancestorAt(`b${height}`, at)?.id).toBe(`b${at}`)
      }
    }
    expect(index.size).toBe(301)
    expect(index.idAt(1699)).toBeUndefined()
    expect([index.idAt(1700), index.heightOf('b1700'), index.heightOf('b1699')]).toEqual(['b1700', 1700, undefined])
  })

  test('helps another to find where chains part, in few ids', () => {
    const [ours, theirs] = [new ChainIndex({ root }), new ChainIndex({ root })]
    for (const [index, other] of [
      [ours, 'a'],
      [theirs, 'b'],
    ] as const) {
      for (let height = 1; height <= 2000; height++) {
        const name = (at: number): string => (at === 0 ? 'g' : at <= 1500 ? `s${at}` : `${other}${at}`)
        grow(index, `${name(height - 1)} > ${name(height)}`)
      }
    }
    expect(ours.locator().length).toBeLessThan(25)
    const missing = theirs.after(ours.locator(), 10_000)
    expect(missing.length).toBeLessThan(1000)
    expect([missing.includes('b1501'), missing.at(-1)]).toEqual([true, 'b2000'])
  })

  test('goes on from a snapshot as if nothing had happened', () => {
    const index = new ChainIndex({ root, finalityDepth: 3 })
    grow(index, 'g > a1 > a2 > a3 > a4')
    grow(index, 'a2 > b3 > b4')
    index.invalidate('x')
    const copy = ChainIndex.restore(structuredClone(index.snapshot()), { finalityDepth: 3 })
    expect(copy.snapshot()).toEqual(index.snapshot())
    for (const each of [index, copy]) {
      expect(grow(each, 'g > x')[0]).toMatchObject({ reason: 'invalid' })
      expect(ids(grow(each, 'b4 > b5')[0]!.move!.left)).toEqual(['a4', 'a3'])
    }
  })
})
