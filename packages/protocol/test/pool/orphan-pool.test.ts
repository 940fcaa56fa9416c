import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { OrphanPool } from '../../src/pool/orphan-pool.ts'

const ids = (orphans: readonly { id: string }[]): string[] => orphans.map(({ id }) => id)

function parked(
  pool: OrphanPool,
  id: string,
  parents: string[],
  { peer = 'p', now = 0, weight = 1 }: { peer?: string; now?: number; weight?: number } = {},
) {
  return pool.add({ id, parents, item: undefined, weight, peer }, now)
}

describe('an orphan', () => {
  test('is let go when the last of its parents has come, and its own children wait on', () => {
    const pool = new OrphanPool()
    expect(parked(pool, 'c', ['a', 'b']).status).toBe('parked')
    parked(pool, 'd', ['c'])
    expect([...pool.missing()]).toEqual(['a', 'b'])
    expect(pool.resolve('a')).toEqual([])
    const free = pool.resolve('b')
    expect(free).toMatchObject([{ id: 'c', peers: new Set(['p']) }])
    expect([...pool.missing()]).toEqual(['c'])
    expect(ids(pool.resolve('c'))).toEqual(['d'])
    expect([pool.size, pool.count, pool.weight]).toEqual([0, 0, 0])
  })

  test('goes with its parent, if that will never be accepted, and so do those that wait for it', () => {
    const pool = new OrphanPool()
    parked(pool, 'b', ['a'])
    parked(pool, 'c', ['b', 'x'])
    parked(pool, 'd', ['x'])
    expect(ids(pool.fail('a'))).toEqual(['b', 'c'])
    expect(pool.size).toBe(1)
  })

  test('stays as long as one of the peers that announced it does', () => {
    const pool = new OrphanPool()
    parked(pool, 'b', ['a'], { peer: 'p' })
    expect(parked(pool, 'b', ['a'], { peer: 'q' }).status).toBe('announced')
    expect(pool.announce('b', 'q').status).toBe('known')
    expect(pool.peerGone('p')).toEqual([])
    expect(ids(pool.peerGone('q'))).toEqual(['b'])
  })

  test('is given up after its time, and not before', () => {
    const pool = new OrphanPool({ lifetimeMs: 1000 })
    parked(pool, 'b', ['a'], { now: 0 })
    pool.add({ id: 'c', parents: ['a'], item: undefined, weight: 1, peer: 'p', until: 500 }, 0)
    expect(pool.nextWakeup).toBe(500)
    expect(pool.expire(499)).toEqual([])
    expect(ids(pool.expire(500))).toEqual(['c'])
    expect(ids(pool.expire(1000))).toEqual(['b'])
    expect(pool.nextWakeup).toBeUndefined()
  })

  test.each([
    ['oversize', 'z', ['a'], 11],
    ['parents', 'z', [], 1],
    ['parents', 'z', ['1', '2', '3'], 1],
    ['cycle', 'z', ['z'], 1],
    ['cycle', 'w', ['y'], 1],
    ['deep', 'z', ['y'], 1],
  ])('is refused: %s', (reason, id, parents, weight) => {
    const pool = new OrphanPool({ orphanWeightMax: 10, parentsMax: 2, ancestorsMax: 2 })
    parked(pool, 'v', ['u'])
    parked(pool, 'x', ['w'])
    parked(pool, 'y', ['x'])
    if (reason === 'deep') parked(pool, 'w', ['v'])
    expect(parked(pool, id, parents, { weight })).toEqual({ status: 'refused', reason, evicted: [] })
  })

  test('is refused by a peer that takes up most of the room with it alone', () => {
    const pool = new OrphanPool({ weightMax: 10, orphanWeightMax: 10 })
    parked(pool, 'b', ['a'], { peer: 'p', weight: 4 })
    expect(parked(pool, 'c', ['a'], { peer: 'q', weight: 7 })).toEqual({
      status: 'refused',
      reason: 'full',
      evicted: [],
    })
    expect(ids([pool.get('b')!])).toEqual(['b'])
  })
})

describe('an orphan pool', () => {
  const peers = ['p', 'q', 'r', 's']
  const name = fc.nat(20).map(String)
  const step = fc.oneof(
    {
      weight: 6,
      arbitrary: fc.tuple(fc.constant('add'), name, fc.array(name, { maxLength: 4 }), fc.integer({ min: 1, max: 9 })),
    },
    {
      weight: 1,
      arbitrary: fc.tuple(fc.constantFrom('announce', 'resolve', 'fail', 'delete', 'gone', 'expire'), name),
    },
  )
  const plan = fc.array(fc.tuple(step, fc.constantFrom(...peers)), { maxLength: 120, size: 'max' })
  const bounds = { countMax: 12, weightMax: 40, orphanWeightMax: 20, lifetimeMs: 30 }

  test('keeps its bounds and its books, and takes nothing from a peer that uses less than its share', () => {
    fc.assert(
      fc.property(plan, (steps) => {
        const pool = new OrphanPool(bounds)
        const present = () =>
          Array.from({ length: 21 }, (_, id) => pool.get(String(id))).filter((each) => each !== undefined)
        const announcedBy = (peer: string) => present().filter((each) => each.peers.has(peer))
        let now = 0
        for (const [[what, id, parents = [], weight = 1], peer] of steps) {
          now++
          const before = new Map(peers.map((each) => [each, ids(announcedBy(each))]))
          if (what === 'resolve') {
            const waiting = present().filter((each) => each.missing.has(id) && each.missing.size === 1)
            expect(ids(pool.resolve(id)).toSorted()).toEqual(ids(waiting).toSorted())
          } else if (what === 'fail') {
            for (const gone of pool.fail(id)) expect(pool.get(gone.id)).toBeUndefined()
            expect(present().filter((each) => each.missing.has(id))).toEqual([])
          } else if (what === 'delete') pool.delete(id)
          else if (what === 'gone') pool.peerGone(peer)
          else if (what === 'expire') {
            for (const each of pool.expire(now)) expect(each.until).toBeLessThanOrEqual(now)
            for (const each of present()) expect(each.until).toBeGreaterThan(now)
          } else {
            const result =
              what === 'add' ? pool.add({ id, parents, item: undefined, weight, peer }, now) : pool.announce(id, peer)
            expect(result.status !== 'parked' || pool.get(id) !== undefined).toBe(true)
            const active = peers.filter((each) => before.get(each)!.length > 0 || each === peer)
            for (const each of active.filter((other) => other !== peer)) {
              const held = before.get(each)!
              const kept = new Set(ids(announcedBy(each)))
              const lost = held.filter((one) => !kept.has(one))
              // It lost something, so with all of it it used more than the room divided by those who are in it.
              if (lost.length === 0) continue
              const all = [...result.evicted, ...present()].filter((one) => held.includes(one.id))
              const count = all.reduce((sum, one) => sum + Math.ceil(Math.max(1, one.missing.size) / 10), 0)
              const heavy = all.reduce((sum, one) => sum + one.weight, 0)
              expect(Math.max(count / bounds.countMax, heavy / bounds.weightMax)).toBeGreaterThan(1 / active.length)
            }
          }
          const all = present()
          expect(pool.size).toBe(all.length)
          expect(pool.weight).toBe(all.reduce((sum, each) => sum + each.weight, 0))
          expect(pool.count).toBe(all.reduce((sum, each) => sum + each.peers.size, 0))
          expect(pool.weight).toBeLessThanOrEqual(bounds.weightMax)
          expect(pool.count).toBeLessThanOrEqual(bounds.countMax)
          for (const each of all) expect(each.peers.size * each.missing.size).toBeGreaterThan(0)
          for (const each of peers) {
            const own = announcedBy(each)
            expect(pool.usageOf(each)).toEqual({
              count: own.length,
              weight: own.reduce((sum, one) => sum + one.weight, 0),
            })
          }
          const missing = new Set(
            all.flatMap((each) => [...each.missing]).filter((each) => pool.get(each) === undefined),
          )
          expect(new Set(pool.missing())).toEqual(missing)
          expect(pool.nextWakeup).toBe(all.length === 0 ? undefined : Math.min(...all.map(({ until }) => until)))
        }
      }),
      { numRuns: 100, interruptAfterTimeLimit: 15_000 },
    )
  })

  test('keeps all that honest peers announce within their share while another floods it', () => {
    const pool = new OrphanPool({ countMax: 100, weightMax: 10_000, orphanWeightMax: 1000 })
    for (let i = 0; i < 5000; i++) {
      // Nine honest peers have ten each at most, of a tenth of the room; the tenth peer sends all the time.
      const honest = `honest ${i % 9}`
      if (i < 90) parked(pool, `h${i}`, [`parent of h${i}`], { peer: honest, weight: 100 })
      parked(pool, `f${i}`, [`x${i}`, `y${i}`], { peer: 'flooder', weight: 1 + (i % 1000) })
      // What others announce too counts for them only.
      pool.announce(`h${i % 90}`, 'flooder')
    }
    for (let i = 0; i < 90; i++) expect(pool.get(`h${i}`)).toBeDefined()
    expect(pool.count).toBeLessThanOrEqual(100)
  })
})
