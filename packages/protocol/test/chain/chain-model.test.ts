import * as fc from 'fast-check'
import { expect, test } from 'vitest'
import type { NewBlock } from '../../src/chain/block.ts'
import { ChainIndex } from '../../src/chain/chain-index.ts'
import { ChainModel } from './chain-model.ts'

/** Blocks 1, 2, …, each with a parent a little before it; 0 is the root. One in 20 is bad. */
const tree = fc.array(
  fc.record({ back: fc.integer({ min: 1, max: 4 }), work: fc.integer({ min: 1, max: 3 }), bad: fc.nat(19) }),
  {
    minLength: 5,
    maxLength: 60,
    size: 'max',
  },
)
const step = fc.record({
  what: fc.constantFrom('next', 'next', 'next', 'next', 'next', 'add', 'add', 'add', 'invalidate', 'restore'),
  at: fc.nat(59),
  peer: fc.constantFrom('p', 'q'),
})
const ids = (blocks: readonly { readonly id: string }[]): string[] => blocks.map(({ id }) => id)

test.each([
  ['without end', Infinity, 1000],
  ['with an end that nothing changes', 4, 1000],
  ['with few beside it', Infinity, 3],
  ['with both', 3, 2],
])('a chain index does what its rules say over a plain list, %s', (_, finalityDepth, sideMax) => {
  fc.assert(
    fc.property(tree, fc.array(step, { maxLength: 120, size: 'max' }), (plan, steps) => {
      const all = plan.map(({ back, work, bad }, index): NewBlock<boolean> => ({
        id: String(index + 1),
        parentId: String(Math.max(0, index + 1 - back)),
        work: BigInt(work),
        item: bad === 0,
      }))
      const options = { finalityDepth, sideMax, check: (block: NewBlock<boolean>) => (block.item ? 'bad' : undefined) }
      let index = new ChainIndex<boolean>({ ...options, root: { id: '0', item: false } })
      const model = new ChainModel('0', { finalityDepth, sideMax })
      let next = 0
      for (const { what, at, peer } of steps) {
        const block = all[what === 'next' ? next++ % all.length : at % all.length]!
        const from = model.chainOf(model.bestId)
        if (what === 'restore') {
          index = ChainIndex.restore(index.snapshot(), options)
          model.parked = []
        } else if (what === 'invalidate') {
          const mayGo = !model.finalIds.includes(block.id) && block.id !== model.rootId
          const change = index.invalidate(block.id)
          expect(change !== undefined).toBe(mayGo)
          if (mayGo) {
            const gone = model.invalidate(block.id)
            const { dropped, excess } = model.settle()
            expect(ids(change!.dropped).toSorted()).toEqual(ids([...gone, ...dropped, ...excess]).toSorted())
            expectMove(change!.move, from)
          }
        } else {
          const result = index.add(block, peer, 0)
          const {
            status,
            connected,
            refused,
            final = [],
            dropped = [],
            excess = [],
          } = model.add(block, peer) as ReturnType<ChainModel['add']> & Partial<ReturnType<ChainModel['settle']>>
          const gone = new Set(ids([...dropped, ...excess]))
          expect(ids(result.connected)).toEqual(connected.filter((id) => !gone.has(id)))
          expect(ids(result.dropped).toSorted()).toEqual([...gone].filter((id) => !connected.includes(id)).toSorted())
          expect(result.refused.map(({ id, reason }) => `${id} ${reason}`).toSorted()).toEqual(
            [
              ...refused,
              ...ids(excess)
                .filter((id) => connected.includes(id))
                .map((id) => `${id} side`),
              ...ids(dropped)
                .filter((id) => connected.includes(id))
                .map((id) => `${id} final`),
            ].toSorted(),
          )
          expect(ids(result.final)).toEqual(final)
          if (status !== '') expect([result.status, result.reason].filter(Boolean).join(' ')).toBe(status)
          else if (result.status !== 'refused') expect(result.status).toBe(index.isBest(block.id) ? 'best' : 'side')
          expectMove(result.move, from)
        }
        const chain = model.chainOf(model.bestId)
        expect(index.best).toMatchObject({ id: chain[0]!.id, height: chain[0]!.height, totalWork: chain[0]!.total })
        expect(index.root.id).toBe(model.rootId)
        expect(index.size).toBe(model.blocks.length)
        expect(ids(index.tips())).toEqual(ids(model.tips()))
        expect(index.parkedSize).toBe(model.parked.length)
        const line = [...model.finalIds, ...ids(chain).toReversed()]
        expect(Array.from({ length: line.length + 1 }, (__, height) => index.idAt(height))).toEqual([
          ...line,
          undefined,
        ])
        for (const each of model.blocks) {
          const ancestors = model.chainOf(each.id)
          expect(index.get(each.id)).toMatchObject({ id: each.id, parentId: each.parentId, totalWork: each.total })
          expect(index.isBest(each.id)).toBe(line.includes(each.id))
          for (const one of ancestors) expect(index.ancestorAt(each.id, one.height)?.id).toBe(one.id)
          expect(index.ancestorAt(each.id, each.height + 1)).toBeUndefined()
        }
        expect(index.after(['none', line[at % line.length]!], 5)).toEqual(
          line.slice((at % line.length) + 1).slice(0, 5),
        )
      }

      function expectMove(move: ReturnType<typeof index.add>['move'], from: ReturnType<ChainModel['chainOf']>): void {
        const to = model.chainOf(model.bestId)
        const full = [...model.finalIds, ...ids(to).toReversed()]
        const old = [...model.finalIds.slice(0, from.at(-1)!.height), ...ids(from).toReversed()]
        if (old.at(-1) === full.at(-1)) return expect(move).toBeUndefined()
        const shared = full.findIndex((id, height) => old[height] !== id)
        const forkHeight = (shared < 0 ? full.length : shared) - 1
        expect(move?.fork.id).toBe(full[forkHeight])
        expect(ids(move!.left)).toEqual(old.slice(forkHeight + 1).toReversed())
        expect(ids(move!.joined)).toEqual(full.slice(forkHeight + 1))
        expect([move!.from.id, move!.to.id]).toEqual([old.at(-1), full.at(-1)])
      }
    }),
    { numRuns: 60, interruptAfterTimeLimit: 15_000 },
  )
})
