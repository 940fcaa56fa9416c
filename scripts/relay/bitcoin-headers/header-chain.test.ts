import { expect, test } from 'vitest'
import { HeaderChain } from './header-chain.ts'
import type { BlockHeader } from './header.ts'
import { branch } from './mine.ts'
import { bitcoinNetworks } from './network.ts'

const { regtest } = bitcoinNetworks
const hashes = (headers: readonly BlockHeader[]): string[] => headers.map(({ hash }) => hash)

test('the branch with more work wins, and what left and joined the chain is told', () => {
  const chain = new HeaderChain(regtest)
  const genesis = chain.tip.item
  const trunk = branch([genesis], 5, 'trunk')
  const one = branch([genesis, ...trunk], 3, 'one')
  const two = branch([genesis, ...trunk], 4, 'two')
  for (const header of [...trunk, ...one]) expect(chain.add(header).move?.left).toEqual([])
  for (const header of two.slice(0, 3)) expect(chain.add(header)).toMatchObject({ status: 'side', move: undefined })
  expect(chain.tip.id).toBe(one.at(-1)!.hash)
  const { move } = chain.add(two[3]!)
  expect(move?.fork.id).toBe(trunk.at(-1)!.hash)
  expect(move?.left.map(({ id }) => id)).toEqual(hashes(one).toReversed())
  expect(move?.joined.map(({ id }) => id)).toEqual(hashes(two))
  expect(chain.tip).toMatchObject({ height: 9, id: two[3]!.hash })
})

test('a header is judged by itself, and by the chain that it continues', () => {
  const chain = new HeaderChain(regtest)
  const [first, second] = branch([chain.tip.item], 2, 'chain')
  expect(chain.faultOf(first!)).toBeUndefined()
  expect(chain.faultOf({ ...first!, hash: 'f'.repeat(64) })).toBe('no-work')
  expect(chain.faultOf({ ...first!, bits: 0x207ffffe })).toBe('wrong-bits')
  expect(chain.faultOf({ ...first!, time: chain.tip.item.time })).toBe('time-too-old')
  expect(chain.faultOf({ ...first!, version: 1 })).toBe('old-version')
  // Of a parent that is not here nothing can be said.
  expect(chain.faultOf({ ...second!, time: 0 })).toBeUndefined()
})

test('a member that asks gets what comes behind its chain, from where that leaves ours', () => {
  const [ours, theirs] = [new HeaderChain(regtest), new HeaderChain(regtest)]
  const genesis = ours.tip.item
  const trunk = branch([genesis], 20, 'trunk')
  for (const header of [...trunk, ...branch([genesis, ...trunk], 10, 'ours')]) ours.add(header)
  for (const header of [...trunk, ...branch([genesis, ...trunk], 3, 'theirs')]) theirs.add(header)
  expect(ours.after(theirs.locator(), 200).length).toBe(10 * 80)
  expect(ours.after(theirs.locator(), 4).length).toBe(4 * 80)
  expect(ours.after(['f'.repeat(64)], 200).length).toBe(0)
})

test('what is far below the tip is final: nothing is built beside it', () => {
  const chain = new HeaderChain(regtest)
  const genesis = chain.tip.item
  const trunk = branch([genesis], 4_100, 'trunk')
  for (const header of trunk) chain.add(header)
  expect(chain.tip.height).toBe(4_100)
  const deep = branch([genesis, ...trunk.slice(0, 1_000)], 1, 'deep')[0]!
  expect([chain.isTooDeep(deep), chain.get(deep.parent)?.height]).toEqual([true, 1_000])
  const young = branch([genesis, ...trunk.slice(0, 4_000)], 1, 'young')[0]!
  expect(chain.isTooDeep(young)).toBe(false)
  expect(chain.add(young).status).toBe('side')
})
