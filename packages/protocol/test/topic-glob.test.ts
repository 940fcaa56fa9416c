import { expect, test } from 'vitest'
import { matchTopic } from '../src/topic-glob.ts'

test.each([
  ['*', '', true],
  ['*', 'a/b', true],
  ['chat', 'chat', true],
  ['chat', 'chats', false],
  ['chat*', 'chat', true],
  ['*chat', 'a/chat', true],
  ['*chat', 'chat/a', false],
  ['a/*/c', 'a/b/d/c', true],
  ['a/*/c', 'a/c', false],
  ['a?c', 'abc', true],
  ['a?c', 'ac', false],
  ['?', '', false],
  ['*a*b*', 'xxaxxbxx', true],
  ['*a*b*', 'xxbxxaxx', false],
  ['a.c', 'abc', false],
  ['**', 'anything', true],
])('the glob %s on %s: %s', (glob, name, matches) => {
  expect(matchTopic(glob, name)).toBe(matches)
})

test('no glob takes long', () => {
  const start = performance.now()
  expect(matchTopic('*a'.repeat(63) + 'b', 'a'.repeat(128))).toBe(false)
  expect(performance.now() - start).toBeLessThan(100)
})
