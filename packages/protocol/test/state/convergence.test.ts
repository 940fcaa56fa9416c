import { describe, expect, test } from 'vitest'
import { randomFrom } from '../../src/catchup/random.ts'
import type { OwnerState } from '../../src/state/index.ts'
import { keyOfName, StateWorld } from './state-world.ts'

const names = Array.from({ length: 9 }, (_, index) => `n${index}`)
const seeds = Array.from({ length: 16 }, (_, index) => index + 1)

describe('always equal in the end', () => {
  test.each(seeds)('under loss, partitions, restarts and with 30 % of nodes failing: seed %i', (seed) => {
    const random = randomFrom(seed * 7919)
    const pick = (): string => names[Math.floor(random() * names.length)]!
    const world = StateWorld.of(names, seed)
    world.loss = random() * 0.4
    const down = new Map<string, OwnerState[]>()
    for (let step = 0; step < 60; step++) {
      const name = pick()
      const draw = random()
      if (draw < 0.5) world.set(name, `k${Math.floor(random() * 6)}`, `${name} ${step}`)
      else if (draw < 0.7) world.remove(name, `k${Math.floor(random() * 6)}`)
      else if (draw < 0.78) world.partition(names.filter(() => random() < 0.5))
      else if (draw < 0.85) world.partition()
      else if (draw < 0.93 && down.size < 3 && world.replicas.has(name)) down.set(name, world.stop(name))
      else if (down.has(name)) {
        // With its disk, or without: then it begins a life with nothing.
        world.start(name, random() < 0.7 ? down.get(name)! : [])
        down.delete(name)
      }
      world.run(random() * 600)
    }
    world.partition()
    world.loss = 0.1
    world.run(30_000)
    expect(world.isEqual, `seed ${seed}`).toBe(true)
    for (const of of world.replicas.keys()) {
      const own = world.replicas.get(of)!.stateOf(keyOfName(of))
      for (const replica of world.replicas.values()) {
        expect(replica.stateOf(keyOfName(of))?.head.root).toEqual(own?.head.root)
      }
    }
    expect(world.actions.filter(({ type }) => type === 'blame')).toEqual([])
  })

  test('where nodes see only their neighbours in a ring', () => {
    const world = StateWorld.of(names, 4)
    for (const [index, name] of names.entries()) {
      const live = [names[(index + 1) % 9]!, names[(index + 8) % 9]!]
      world.act(name, { type: 'contacts', live, dead: [], seeds: [] })
      world.set(name, 'k', name)
    }
    world.run(10_000)
    expect(world.isEqual).toBe(true)
    expect(world.get('n0', 'n5', 'k')).toBe('n5')
  })
})

describe('a deleted key', () => {
  test('stays deleted after an old node returns', () => {
    const world = StateWorld.of(names, 2)
    world.set('n0', 'k', 'old')
    world.set('n0', 'other', 'stays')
    world.run(5000)
    const old = world.stop('n8')
    world.remove('n0', 'k')
    world.run(5000)
    world.start('n8', old)
    world.run(5000)
    for (const name of names)
      expect([world.get(name, 'n0', 'k'), world.get(name, 'n0', 'other')]).toEqual([undefined, 'stays'])
    expect(world.isEqual).toBe(true)
  })

  test('stays deleted even if its tombstone is gone by then', () => {
    const world = StateWorld.of(names, 2, { limits: { tombstoneMs: 2000 } })
    world.set('n0', 'k', 'old')
    world.set('n0', 'other', 'stays')
    world.run(5000)
    const old = world.stop('n8')
    world.remove('n0', 'k')
    world.run(10_000)
    expect(
      world.replicas
        .get('n3')!
        .stateOf(keyOfName('n0'))!
        .entries.map(({ key }) => key),
    ).toEqual(['other'])
    world.start('n8', old)
    expect(world.get('n8', 'n0', 'k')).toBe('old')
    world.run(5000)
    for (const name of names)
      expect([world.get(name, 'n0', 'k'), world.get(name, 'n0', 'other')]).toEqual([undefined, 'stays'])
    expect(world.isEqual).toBe(true)
  })

  test('stays deleted where the owner itself is gone, and only old copies differ', () => {
    const world = StateWorld.of(names, 6)
    world.set('n0', 'k', 'old')
    world.run(5000)
    const old = world.stop('n8')
    world.remove('n0', 'k')
    world.run(3000)
    world.stop('n0')
    world.start('n8', old)
    world.run(5000)
    for (const name of names.slice(1)) expect(world.get(name, 'n0', 'k')).toBeUndefined()
  })
})
