import { expect, test } from 'vitest'
import { safe, safeJson } from '../src/safe.ts'

test('text that people write stays as it is', () => {
  const texts = ['hello', 'Grüße, 世界', 'שלום', 'مرحبا', '👍🏽 ❤️', 'a\\n', 'e\u0301']
  expect(texts.map(safe)).toEqual(texts)
})

test.each([
  ['a line feed', 'a\nb', String.raw`a\nb`],
  ['a carriage return', 'a\rb', String.raw`a\rb`],
  ['a tab', 'a\tb', String.raw`a\tb`],
  ['an escape sequence', '\x1b[31mred', String.raw`\e[31mred`],
  ['zero', '\0', String.raw`\x00`],
  ['delete', '\x7f', String.raw`\x7f`],
  ['a C1 control', '\x9b31m', String.raw`\x9b31m`],
  ['a right-to-left override', 'gpj.\u202eexe', String.raw`gpj.\u{202e}exe`],
  ['an isolate', '\u2066x\u2069', String.raw`\u{2066}x\u{2069}`],
  ['an Arabic letter mark', '\u061c', String.raw`\u{61c}`],
  ['a zero-width space', 'pay\u200bpal', String.raw`pay\u{200b}pal`],
  ['a zero-width joiner', '\u200d', String.raw`\u{200d}`],
  ['a byte order mark', '\ufeff', String.raw`\u{feff}`],
  ['a line separator', '\u2028', String.raw`\u{2028}`],
  ['a paragraph separator', '\u2029', String.raw`\u{2029}`],
  ['a soft hyphen', '\u00ad', String.raw`\xad`],
  ['an invisible letter', '\u3164', String.raw`\u{3164}`],
  ['a tag', '\u{e0041}', String.raw`\u{e0041}`],
  ['a lone surrogate', 'x\ud800', String.raw`x\u{d800}`],
])('%s is spelled out', (_name, text, shown) => {
  expect(safe(text)).toBe(shown)
})

test('JSON is safe to show and still the same value', () => {
  const value = { text: 'a\nb\x1b\x9b\u202e\u{e0041}\ud800👍\x7f', list: [1, null] }
  for (const json of [safeJson(value), safeJson(value, 2)]) {
    expect(JSON.parse(json)).toEqual(value)
    expect(safe(json.replaceAll('\n', ''))).toBe(json.replaceAll('\n', ''))
  }
  expect(safeJson(value)).not.toContain('\n')
})
