import { expect, test } from 'vitest'
import { authorsPerTopicMax } from '../src/author-definitions.ts'
import { accept, alice, machineWith, received } from './machine-world.ts'

const schema = new Uint8Array(8).fill(4)
const author = (number: number): Uint8Array => {
  const key = new Uint8Array(32).fill(77)
  key[0] = number
  key[1] = number >> 8
  return key
}

test('the machine tells which definition each author of a topic goes by, and forgets with the topic', () => {
  const machine = machineWith()
  accept(machine, received(['a'], { schema }))
  expect(machine.authorDefinitions('t')).toEqual([{ author: alice, schemaId: schema }])
  // The author defined the topic no longer.
  accept(machine, received(['b'], { sequence: 2 }))
  expect(machine.authorDefinitions('t')).toEqual([{ author: alice }])
  expect(machine.authorDefinitions('u')).toEqual([])
  machine.handle({ type: 'release', topic: 't' }, 1)
  expect(machine.authorDefinitions('t')).toEqual([])
})

test('what nobody signed says nothing about its author', () => {
  const machine = machineWith()
  const verify = machine.handle(received(['a'], { schema }), 1).find((action) => action.type === 'verify')!
  machine.handle({ type: 'verified', ref: verify.ref, valid: false }, 1)
  expect(machine.authorDefinitions('t')).toEqual([])
})

test(`${authorsPerTopicMax} authors of a topic are kept, those that spoke last`, () => {
  const machine = machineWith()
  for (let number = 0; number < authorsPerTopicMax + 10; number++) {
    accept(machine, received(['a'], { author: author(number) }))
    accept(machine, received([`b${number}`], { author: author(0), sequence: number + 2 }))
  }
  const kept = machine.authorDefinitions('t').map((each) => each.author[0])
  expect(kept.length).toBe(authorsPerTopicMax)
  expect(kept.at(-1)).toBe(0)
  expect(kept).not.toContain(5)
})
