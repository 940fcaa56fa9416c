import { describe, expect, test } from 'vitest'
import { toHex } from '../src/bytes.ts'
import {
  agreedJson,
  completeDefinition,
  definitionHash,
  inlineBytesMax,
  isDefaultDefinition,
} from '../src/definition.ts'
import type { TopicDefinitionInput } from '../src/definition.ts'

const hashOf = (input: TopicDefinitionInput): string => toHex(definitionHash(completeDefinition(input)))

describe('the dissemination of a topic', () => {
  test('that is push is not written, so that the hash is the one of before', () => {
    expect(completeDefinition({ name: 'a', dissemination: 'push' })).toEqual(completeDefinition({ name: 'a' }))
    expect(isDefaultDefinition(completeDefinition({ name: 'a', dissemination: 'push' }))).toBe(true)
    expect(inlineBytesMax(completeDefinition({ name: 'a' }))).toBeUndefined()
  })

  test('is part of what nodes agree on', () => {
    const definition = completeDefinition({ name: 'a', dissemination: { hybrid: 1024 } })
    expect(agreedJson(definition)).toBe(
      '{"dissemination":{"hybrid":1024},"format":"envelope","id":"signed","messageBytesMax":33554432,"name":"a","payload":"bytes"}',
    )
    const hashes = [undefined, 'announce' as const, { hybrid: 1024 }, { hybrid: 1025 }].map((dissemination) =>
      hashOf({ name: 'a', ...(dissemination && { dissemination }) }),
    )
    expect(new Set(hashes).size).toBe(4)
  })

  test('says which payloads are in their envelopes, and how large they may be', () => {
    const announced = completeDefinition({ name: 'a', dissemination: 'announce', messageBytesMax: 1 << 20 })
    expect(announced.messageBytesMax).toBe(1 << 20)
    expect(inlineBytesMax(announced)).toBe(0)
    expect(inlineBytesMax(completeDefinition({ name: 'a', dissemination: { hybrid: 59_829 } }))).toBe(59_829)
    // Nothing would ever be announced.
    const hybrid = { name: 'a', dissemination: { hybrid: 1024 } } as const
    expect(() => completeDefinition({ ...hybrid, messageBytesMax: 1024 })).toThrow('more than 1024')
    expect(completeDefinition({ ...hybrid, messageBytesMax: 1025 }).messageBytesMax).toBe(1025)
    expect(() => completeDefinition({ name: 'a', messageBytesMax: 59_830 })).toThrow('0 to 59829')
  })

  test.each([
    ['fetch'],
    [null],
    [[]],
    [{}],
    [{ hybrid: 0 }],
    [{ hybrid: 59_830 }],
    [{ hybrid: 1.5 }],
    [{ hybrid: '1' }],
    [{ hybrid: 1, more: 1 }],
  ])('of another form is refused: %j', (dissemination) => {
    expect(() => completeDefinition({ name: 'a', dissemination: dissemination as 'push' })).toThrow(
      expect.objectContaining({ code: 'definition' }),
    )
  })

  test('is push on a raw topic', () => {
    expect(completeDefinition({ name: 'a', format: 'raw', dissemination: 'push' })).not.toHaveProperty('dissemination')
    expect(() => completeDefinition({ name: 'a', format: 'raw', dissemination: 'announce' })).toThrow('dissemination')
  })
})

describe('how the messages of a topic are judged', () => {
  test('is part of what nodes agree on', () => {
    const hashes = [undefined, 'each' as const, 'together' as const].map((validate) =>
      hashOf({ name: 'a', ...(validate && { validate }) }),
    )
    expect(new Set(hashes).size).toBe(3)
  })

  test('is by themselves or together, and raw ones do not travel together', () => {
    expect(() => completeDefinition({ name: 'a', validate: 'all' as 'each' })).toThrow('validate')
    expect(() => completeDefinition({ name: 'a', format: 'raw', validate: 'together' })).toThrow('validate')
    expect(completeDefinition({ name: 'a', format: 'raw', validate: 'each' }).validate).toBe('each')
  })
})
