import { expect, test } from 'vitest'
import { formatTagFilter, matchesTags, parseTagFilter, tagOfValue } from '../../src/member/index.ts'

const tags = new Map([
  ['role', 'relay'],
  ['zone', 'eu=1'],
  ['note', ''],
])

test.each([
  [['role'], true],
  [['role=relay'], true],
  [['role=re*'], true],
  [['role=rela?'], true],
  [['role=re'], false],
  [['role=Relay'], false],
  [['zone=eu=1'], true],
  [['note'], true],
  [['note='], true],
  [['role='], false],
  [['rank'], false],
  [['rank=*'], false],
  [['role=re*', 'zone=eu*'], true],
  [['role=re*', 'zone=us*'], false],
  [[], true],
])('filters %j: %s', (texts, matches) => {
  const filters = texts.map((text) => parseTagFilter(text)!)
  expect(filters.map(formatTagFilter)).toEqual(texts)
  expect(matchesTags(filters, (key) => tags.get(key))).toBe(matches)
})

test.each(['', '=x', 'k'.repeat(257), `k=${'v'.repeat(257)}`])('%j is no filter', (text) => {
  expect(parseTagFilter(text)).toBeUndefined()
})

test('a tag is text of at most 256 bytes', () => {
  expect(tagOfValue(new TextEncoder().encode('é'))).toBe('é')
  expect(tagOfValue(new Uint8Array(256))).toHaveLength(256)
  for (const value of [undefined, new Uint8Array(257), Uint8Array.of(0xff)]) expect(tagOfValue(value)).toBeUndefined()
})
