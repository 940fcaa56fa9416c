import { expect, test } from 'vitest'
import { readLines, readWhole } from '../src/line.ts'

async function* stream(...chunks: readonly string[]): AsyncGenerator<Buffer> {
  for (const chunk of chunks) yield Buffer.from(chunk, 'latin1')
}

async function linesOf(...chunks: readonly string[]): Promise<string[]> {
  return (await Array.fromAsync(readLines(stream(...chunks), 8))).map((line) => line.toString('latin1'))
}

test('each line feed ends a line', async () => {
  expect(await linesOf('a\nb\n')).toEqual(['a', 'b'])
})

test('an empty line is a line', async () => {
  expect(await linesOf('\n\na\n\n')).toEqual(['', '', 'a', ''])
})

test('a last line without a line feed counts', async () => {
  expect(await linesOf('a\nb')).toEqual(['a', 'b'])
})

test('nothing is no line', async () => {
  expect(await linesOf()).toEqual([])
  expect(await linesOf('')).toEqual([])
})

test('a carriage return belongs to its line', async () => {
  expect(await linesOf('a\r\nb\r')).toEqual(['a\r', 'b\r'])
})

test('a line may come in pieces, and many in one piece', async () => {
  expect(await linesOf('a', 'b', '\nc\nd', '', 'e\n', '\n', 'f')).toEqual(['ab', 'c', 'de', '', 'f'])
})

test('lines are bytes: what is not UTF-8 stays as it is', async () => {
  expect(await linesOf('\xff\x00\xe2\n\x80\n')).toEqual(['\xff\x00\xe2', '\x80'])
})

test('of a longer line the first bytes are kept, and the next line is whole', async () => {
  expect(await linesOf('0123456789\nab\n', '01234', '567', '89', '\ncd')).toEqual(['01234567', 'ab', '01234567', 'cd'])
})

test('a whole stream is read up to its bound', async () => {
  expect((await readWhole(stream('ab', 'cd'), 4))?.toString()).toBe('abcd')
  expect(await readWhole(stream('ab', 'cd', 'e'), 4)).toBeUndefined()
})
