import type { MessageView } from '@grapevine/protocol'
import { expect, test } from 'vitest'
import { applyFormat, parseFormat } from '../src/format.ts'

const message: MessageView = {
  id: 'c0ffee',
  topic: 'chat',
  author: '12D3KooWAuthor',
  from: '12D3KooWFrom',
  epoch: 7,
  seq: 3,
  time: '2026-01-02T03:04:05.678Z',
  size: 2,
  via: 'live',
  text: 'hi',
}

const shown = (format: string): string => applyFormat(parseFormat(format)!, message, Buffer.from('hi')).toString()

test('each letter stands for its field', () => {
  expect(shown('%t %i %p')).toBe('chat c0ffee hi')
  expect(shown('%a|%f|%e|%q|%T|%s|%v')).toBe('12D3KooWAuthor|12D3KooWFrom|7|3|2026-01-02T03:04:05.678Z|2|live')
})

test('percent signs and escapes are literal text', () => {
  expect(shown(String.raw`100%%\t%p\n\\`)).toBe('100%\thi\n\\')
  expect(shown('')).toBe('')
})

test('the payload keeps its bytes', () => {
  const body = Uint8Array.of(0xff, 0x00, 0x0a)
  expect(applyFormat(parseFormat('<%p>')!, message, body)).toEqual(Buffer.from([0x3c, 0xff, 0x00, 0x0a, 0x3e]))
})

test.each(['%', '%z', '%P', 'a\\', '\\q', '%constructor'])('%j is no format', (format) => {
  expect(parseFormat(format)).toBeUndefined()
})
