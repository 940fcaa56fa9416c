import * as fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import {
  addToCounter,
  aheadUsMax,
  changeSet,
  type Contribution,
  decodeRegister,
  decodeSetPart,
  readCounter,
  readRegister,
  readSet,
  writeRegister,
} from '../../src/state/index.ts'
import { bytesOfText, keyOfName, StateWorld, textOf } from './state-world.ts'

const names = ['a', 'b', 'c', 'd']

/** Owners that write one shared key, over real replicas. */
function sharedWorld(seed: number): {
  world: StateWorld
  partsOn: (name: string) => Contribution[]
  write: (name: string, value: Uint8Array | undefined) => void
} {
  const world = StateWorld.of(names, seed)
  const partsOn = (name: string): Contribution[] => {
    const replica = world.replicas.get(name)!
    return [...replica.each('s:x')]
  }
  const write = (name: string, value: Uint8Array | undefined): void => {
    if (value !== undefined) world.act(name, { type: 'set', key: 's:x', value, time: world.now * 1000 })
  }
  return { world, partsOn, write }
}

describe('a register', () => {
  test('holds what was written last, by time and then by key, on every node', () => {
    const { world, partsOn, write } = sharedWorld(1)
    for (const name of names) write(name, writeRegister(partsOn(name), { value: bytesOfText(name), wall: 1000 }))
    world.run(4000)
    const winner = names.toSorted((a, b) => (Buffer.compare(keyOfName(a), keyOfName(b)) < 0 ? 1 : -1))[0]
    for (const name of names) expect(textOf(readRegister(partsOn(name), 1000)?.value)).toBe(winner)
    // A clock that is behind does not lose what it writes after having seen.
    write('c', writeRegister(partsOn('c'), { value: bytesOfText('later'), wall: 5 }))
    world.run(4000)
    for (const name of names) expect(textOf(readRegister(partsOn(name), 1000)?.value)).toBe('later')
    write('d', writeRegister(partsOn('d'), { value: undefined, wall: 6 }))
    world.run(4000)
    for (const name of names) expect(readRegister(partsOn(name), 1000)).toBeUndefined()
  })

  test('does not believe a clock that is far ahead', () => {
    const owner = keyOfName('a')
    const honest = { owner, epoch: 1, value: writeRegister([], { value: bytesOfText('now'), wall: 1000 }) }
    const ahead = {
      owner: keyOfName('b'),
      epoch: 1,
      value: writeRegister([], { value: bytesOfText('future'), wall: aheadUsMax + 2000 }),
    }
    expect(textOf(readRegister([honest, ahead], 1000)?.value)).toBe('now')
    expect(textOf(readRegister([honest, ahead], 3000)?.value)).toBe('future')
  })
})

describe('a counter', () => {
  test('sums what all have added and taken', () => {
    const { world, partsOn, write } = sharedWorld(2)
    const own = (name: string): Uint8Array | undefined => world.replicas.get(name)!.get('s:x')
    for (let round = 0; round < 5; round++) {
      for (const [index, name] of names.entries()) write(name, addToCounter(own(name), index % 2 === 0 ? 10 : -3))
    }
    world.run(4000)
    for (const name of names) expect(readCounter(partsOn(name))).toBe(70n)
    expect(addToCounter(addToCounter(undefined, Number.MAX_SAFE_INTEGER), 1)).toBeUndefined()
  })
})

describe('a set', () => {
  const change = (
    { partsOn, write }: ReturnType<typeof sharedWorld>,
    name: string,
    kind: 'add' | 'remove',
    element: string,
  ): void => {
    write(
      name,
      changeSet(partsOn(name), { self: keyOfName(name), epoch: 1, change: kind, element: bytesOfText(element) }),
    )
  }
  const elements = (parts: Contribution[]): string[] =>
    readSet(parts)
      .map((element) => textOf(element)!)
      .toSorted()

  test('keeps what is added while another removes it', () => {
    const shared = sharedWorld(3)
    change(shared, 'a', 'add', 'x')
    shared.world.run(4000)
    shared.world.partition(['a', 'b'], ['c', 'd'])
    change(shared, 'a', 'remove', 'x')
    shared.world.run(2000)
    expect(elements(shared.partsOn('b'))).toEqual([])
    // b adds it again, while c, which has not seen that, removes what it knows.
    change(shared, 'b', 'add', 'x')
    change(shared, 'c', 'remove', 'x')
    shared.world.partition()
    shared.world.run(4000)
    for (const name of names) expect(elements(shared.partsOn(name))).toEqual(['x'])
  })

  test('lists nothing of what is gone once all have seen it and write again', () => {
    const shared = sharedWorld(4)
    for (let round = 0; round < 20; round++) {
      change(shared, 'a', 'add', `e${round}`)
      shared.world.run(2000)
      change(shared, 'b', 'remove', `e${round}`)
      shared.world.run(2000)
    }
    const sizes = shared.partsOn('c').map(({ value }) => {
      const part = decodeSetPart(value)!
      return part.additions.length + part.removals.length
    })
    expect(Math.max(...sizes)).toBeLessThanOrEqual(2)
    expect(elements(shared.partsOn('c'))).toEqual([])
  })

  test('is the same on all nodes in the end, whatever was done where', () => {
    const step = fc.tuple(
      fc.constantFrom(...names),
      fc.constantFrom('add' as const, 'remove' as const),
      fc.constantFrom('x', 'y'),
      fc.nat({ max: 400 }),
    )
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const shared = sharedWorld(5)
        for (const [name, kind, element, wait] of steps) {
          change(shared, name, kind, element)
          shared.world.run(wait)
        }
        shared.world.run(4000)
        const all = names.map((name) => elements(shared.partsOn(name)).join())
        expect(new Set(all).size).toBe(1)
      }),
      { numRuns: 20 },
    )
  })
})

test('decoders of shared values never throw', () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 100 }), (bytes) => {
      decodeRegister(bytes)
      decodeSetPart(bytes)
      const parts = [{ owner: keyOfName('a'), epoch: 1, value: bytes }]
      readSet(parts)
      readCounter(parts)
      readRegister(parts, 0)
    }),
    { numRuns: 1000 },
  )
})
