import { describe, expect, test } from 'vitest'
import { coordinateKey } from '@grapevine/protocol/coordinate'
import { measureDetection, measureQuiet, measureSpread, stateWorld, type StateHost, type World } from '../src/index.ts'

const link = { latencyMs: 20, jitterMs: 30 }
const statusesOf = (world: World<Uint8Array, StateHost>, peer: string): string[] =>
  world.hosts.flatMap((name) => (name === peer ? [] : (world.actor(name)?.membership!.member(peer)?.status ?? [])))
/** All that a host knows, but for places: they are still on their way now and then. */
const said = (host: StateHost): string =>
  [...host.replica.owners()]
    .map(({ peer, state: { entries } }) => {
      const kept = entries.filter(({ key }) => key !== coordinateKey)
      return `${peer} ${kept.map(({ key, version }) => `${key} ${version}`).join()}`
    })
    .toSorted()
    .join('\n')
const all = (world: World<Uint8Array, StateHost>, peer: string, status: string): boolean =>
  statusesOf(world, peer).every((each) => each === status)

describe('members', () => {
  test('a crash is seen by all within ten seconds, at 10 % loss too', () => {
    for (const loss of [0, 0.1]) {
      const { seen, expected, maxMs } = measureDetection({ nodes: 24, seed: 3, link: { ...link, loss } }, 3)
      expect(seen).toBe(expected)
      expect(maxMs).toBeLessThan(10_000)
    }
  })

  test('nobody is called failed at 10 % loss, and nobody accused by a node that was frozen for 5 s', () => {
    const lossy = measureQuiet({ nodes: 24, seed: 5, link: { ...link, loss: 0.1 } }, { ms: 200_000 })
    expect(lossy).toMatchObject({ failed: 0, failedFrozen: 0 })
    const frozen = measureQuiet({ nodes: 24, seed: 5, link }, { ms: 200_000, freezeMs: 5000 })
    expect(frozen).toMatchObject({ failed: 0, suspect: 0, failedFrozen: 0 })
  })

  test('who says goodbye has left for all, and is never called failed', () => {
    const wrong: string[] = []
    const { world } = stateWorld({
      nodes: 16,
      seed: 7,
      link,
      onMember: (_, { peer, status }) => status === 'failed' && wrong.push(peer),
    })
    world.run(10_000)
    world.act('n3', (host, now) => host.leave(now))
    world.run(13_000)
    world.crash('n3')
    world.run(40_000)
    expect(all(world, 'n3', 'left')).toBe(true)
    expect(wrong).toEqual([])
  })

  test('who comes back in a new life is alive again for all', () => {
    const { world } = stateWorld({ nodes: 12, seed: 9, link })
    world.run(10_000)
    world.crash('n5')
    world.run(25_000)
    expect(all(world, 'n5', 'failed')).toBe(true)
    world.restart('n5')
    world.act('n5', (host, now) => host.meet(now))
    world.run(40_000)
    expect(all(world, 'n5', 'alive')).toBe(true)
    expect(world.actor('n5')!.replica.size.owners).toBe(12)
  })

  test.each([1, 2, 3])(
    'a third that fails at once is seen by all others, and nobody else is called failed: seed %i',
    (seed) => {
      const { world, names } = stateWorld({ nodes: 30, seed, link })
      world.run(10_000)
      const gone = world.rng.shuffle(names).slice(0, 10)
      for (const name of gone) world.crash(name)
      world.run(40_000)
      for (const name of names) expect(all(world, name, gone.includes(name) ? 'failed' : 'alive')).toBe(true)
    },
  )

  test.each([1, 2, 3])('sides of a partition call each other failed, and alive once it heals: seed %i', (seed) => {
    const { world, names } = stateWorld({ nodes: 20, seed, link })
    world.run(10_000)
    const [left, right] = [names.slice(0, 8), names.slice(8)]
    world.partition([left, right])
    world.run(60_000)
    const sides = (from: readonly string[], of: readonly string[]): Set<string | undefined> =>
      new Set(from.flatMap((on) => of.map((peer) => world.actor(on)!.membership!.member(peer)?.status)))
    expect([sides(left, left), sides(left, right), sides(right, left), sides(right, right)]).toEqual(
      ['alive', 'failed', 'failed', 'alive'].map((status) => new Set([status])),
    )
    world.heal()
    world.run(120_000)
    expect(sides(names, names)).toEqual(new Set(['alive']))
    expect(new Set(names.map((name) => said(world.actor(name)!))).size).toBe(1)
  })

  test.each([
    [30, 2],
    [60, 6],
  ])('of %i, %i that are cut off call all others failed, who vouch for each other beyond', (nodes, cut) => {
    const { world, names } = stateWorld({ nodes, seed: 1, link })
    world.run(10_000)
    const sides = [names.slice(0, cut), names.slice(cut)] as const
    world.partition(sides)
    world.run(15_000)
    const connect = (of: (name: string) => readonly string[]): void => {
      for (const name of names) world.act(name, (host, now) => host.links(of(name), now))
    }
    // Connections to the other side are found dead.
    connect((name) => sides.find((side) => side.includes(name))!)
    world.run(45_000)
    const statuses = (from: readonly string[], of: readonly string[]): Set<string | undefined> =>
      new Set(from.flatMap((on) => of.map((peer) => world.actor(on)!.membership!.member(peer)?.status)))
    for (const side of sides) {
      expect(statuses(side, side)).toEqual(new Set(['alive']))
      for (const other of sides) if (other !== side) expect(statuses(side, other)).toEqual(new Set(['failed']))
    }
    world.heal()
    connect(() => names)
    world.run(120_000)
    expect(statuses(names, names)).toEqual(new Set(['alive']))
  })
})

test('news reaches all of 100 nodes in about log2 n + ln n rounds, one a second, and sooner as it is', () => {
  const options = { nodes: 100, seed: 11, link, role: 'silent' as const }
  const plain = measureSpread({ ...options, rounds: { extraRoundsMax: 0 } }, 5)
  expect(plain.lastMs / 1000).toBeLessThan(Math.log2(100) + Math.log(100))
  expect(measureSpread(options, 5).lastMs).toBeLessThan(plain.lastMs / 2)
})

test('a seed repeats a run exactly', () => {
  const run = (): unknown => measureDetection({ nodes: 10, seed: 42, link: { ...link, loss: 0.2 } }, 2)
  expect(run()).toEqual(run())
})
