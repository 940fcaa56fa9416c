import { describe, expect, test } from 'vitest'
import { differenceText } from '../../src/report/difference-text.ts'
import { element, escaped, raw } from '../../src/report/markup.ts'
import { figureText, numberText, percentText, timeText } from '../../src/report/number-text.ts'

describe('text for people', () => {
  test.each([
    [0, '0'],
    [7, '7'],
    [5.770333, '5.77'],
    [1234.5678, '1,235'],
    [44_521.4, '44,521'],
    [-0.03456, '−0.03456'],
    [0.0000123, '1.23e−5'],
    [1e20, '1.00e+20'],
  ])('of the number %d is %s', (value, text) => {
    expect(numberText(value)).toBe(text)
  })

  test.each([
    [0, '0 %'],
    [1, '100 %'],
    [0.5, '50 %'],
    [0.123, '12.3 %'],
    [0.9995, '99.95 %'],
    [0.999999, '99.9999 %'],
    [0.00002, '0.002 %'],
    [1.5, '150 %'],
  ])('of the part %d never calls all or nothing what is not: %s', (part, text) => {
    expect(percentText(part)).toBe(text)
  })

  test.each([
    [74, 'ms', '74 ms'],
    [1234, 'ms', '1,234 ms'],
    [15_320, 'ms', '15.3 s'],
    [1, 'cycles', '1 cycle'],
    [10.054, 'cycles', '10.1 cycles'],
  ] as const)('of the time %d %s is %s', (value, unit, text) => {
    expect(timeText(value, unit)).toBe(text)
  })

  test('of a figure has its unit', () => {
    expect([figureText(3, 'periods'), figureText(1, 'periods'), figureText(99.5, '%'), figureText(2)]).toEqual([
      '3 periods',
      '1 period',
      '99.5 %',
      '2',
    ])
  })

  test('of a difference has a sign, and of per cents points', () => {
    expect(differenceText({ name: 'x', unit: 'ms', difference: -19, ratio: -0.074 })).toEqual({
      difference: '−19 ms',
      ratio: '−7.4 %',
    })
    expect(differenceText({ name: 'x', unit: '%', difference: 0.5, ratio: 0.005 }).difference).toBe('+0.5 points')
    expect(differenceText({ name: 'x' })).toEqual({ difference: '', ratio: '' })
  })
})

describe('markup', () => {
  test('escapes whatever it did not make itself', () => {
    const hostile = `</script><b onclick='x("y")'>&`
    expect(element('p', { title: hostile }, hostile).markup).toBe(
      `<p title="${escaped(hostile)}">${escaped(hostile)}</p>`,
    )
    expect(escaped(hostile)).not.toMatch(/[<>"']/)
    expect(element('p', {}, raw('<b>bold</b>'), undefined, false).markup).toBe('<p><b>bold</b></p>')
  })

  test('has no control in it, no half of a character, and nothing that turns the text around', () => {
    expect(escaped('a\u0000b\u001bc\u202ed\ud800e\nf')).toBe('a\ufffdb\ufffdc\ufffdd\ufffde\nf')
    expect(escaped('👩‍🚀')).toBe('👩‍🚀')
  })

  test('has an end where HTML needs one', () => {
    expect(element('td').markup).toBe('<td></td>')
    expect(element('rect', { x: 1.23456, y: undefined }).markup).toBe('<rect x="1.23"/>')
  })
})
