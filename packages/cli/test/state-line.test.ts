import { expect, test } from 'vitest'
import type { StateView } from '@grapevine/protocol/control'
import { changeLine, sharedChangeLine, sharedLines, stateLines } from '../src/state-line.ts'

const peerId = '12D3KooWRqpHdSafUV2gUXdVkyc4DSg2ghMXqf8a2YxdyqrSyrbT'
const time = '2026-01-01T00:00:00.000Z'
const now = Date.parse(time) + 65_000
const base = { peerId, epoch: 1, version: 3, time }
const evil = 'a\u001b[31m\u202eb\nc\u200b'

test('keys are shown with what could harm a terminal escaped, and long values cut', () => {
  const entries: StateView[] = [
    { ...base, key: 'role', size: 5, text: 'relay' },
    { ...base, key: evil, size: 9, text: evil },
    { ...base, key: 'raw', size: 2, base64: 'AP8=' },
    { ...base, key: 'long', size: 1000, text: '🍇'.repeat(64), cut: true },
  ]
  expect(stateLines(entries, now)).toEqual([
    expect.stringMatching(/^…rSyrbT  role +relay +version 3  1 m 5 s$/),
    expect.any(String),
    expect.stringMatching(/ raw +0x00ff +version 3/),
    expect.stringMatching(/ long +(🍇){48}… 1000 bytes +version 3/u),
  ])
  expect(stateLines(entries, now).join('')).not.toMatch(/\p{Cc}|\p{Cf}/u)
})

test('a change is a line, whatever it says', () => {
  expect(changeLine({ ...base, change: 'set', key: 'role', text: 'relay' })).toBe('…rSyrbT role=relay')
  expect(changeLine({ ...base, change: 'removed', key: 'role' })).toBe('…rSyrbT role deleted')
  expect(changeLine({ ...base, change: 'set', key: evil, text: evil })).toBe(
    String.raw`…rSyrbT a\e[31m\u{202e}b\nc\u{200b}=a\e[31m\u{202e}b\nc\u{200b}`,
  )
})

test('shared keys are shown by what they are', () => {
  const shared = { key: 'k', writers: 2 }
  expect(
    sharedLines(
      [
        { ...shared, kind: 'value', text: evil, size: 9, by: peerId, time },
        { ...shared, kind: 'counter', count: -3 },
        { ...shared, kind: 'group', count: 1 },
      ],
      now,
    ).map((line) => line.replace(/ {2,}/g, '  ')),
  ).toEqual([
    String.raw`value  k  a\e[31m\u{202e}b\nc\u{200b}  2 writers  …rSyrbT, 1 m 5 s`,
    'counter  k  -3  2 writers',
    'group  k  1 element  2 writers',
  ])
  expect(sharedChangeLine({ ...shared, change: 'set', kind: 'counter', count: '9007199254740993' })).toBe(
    'counter k=9007199254740993',
  )
  const elements = [{ text: 'a\n' }, { base64: '/w==' }]
  expect(sharedChangeLine({ ...shared, change: 'set', kind: 'group', elements })).toBe(String.raw`group k=a\n,0xff`)
  expect(sharedChangeLine({ ...shared, change: 'removed', kind: 'value' })).toBe('value k deleted')
})
