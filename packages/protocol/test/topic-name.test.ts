import { expect, test } from 'vitest'
import { checkTopicName } from '../src/topic-name.ts'

test.each(['a', 'btc/tx', 'A.b_c-9', '/', 'x'.repeat(128)])('%s is a topic name', (name) => {
  expect(checkTopicName(name)).toEqual({ ok: true })
})

test.each([
  ['', { code: 'empty' }],
  ['x'.repeat(129), { code: 'too-long' }],
  ['btc/*', { code: 'wildcard', position: 4, found: '*' }],
  ['a?', { code: 'wildcard', position: 1, found: '?' }],
  ['#', { code: 'wildcard', position: 0, found: '#' }],
  ['a/+/b', { code: 'wildcard', position: 2, found: '+' }],
  ['a.>', { code: 'wildcard', position: 2, found: '>' }],
  ['a b*', { code: 'wildcard', position: 3, found: '*' }],
  ['a b', { code: 'character', position: 1, found: ' ' }],
  ['a\n', { code: 'character', position: 1, found: '\n' }],
  ['ä', { code: 'character', position: 0, found: 'ä' }],
  ['a😀', { code: 'character', position: 1, found: '😀' }],
])('%j is refused with its reason', (name, reason) => {
  expect(checkTopicName(name)).toEqual({ ok: false, ...reason })
})
