import { NodeError } from '@grapevine/node/home'
import { expect, test } from 'vitest'
import { CommandError, describe, exitCodeOf } from '../src/failure.ts'

test.each([
  ['usage', 2],
  ['not-running', 3],
  ['timeout', 4],
  ['identity', 78],
  ['home', 78],
  ['config', 78],
  ['no-network', 78],
  ['other-network', 78],
  ['running', 1],
  ['oversize', 1],
  ['a code of a newer node', 1],
])('%s ends with exit code %i', (code, exitCode) => {
  expect(exitCodeOf(code)).toBe(exitCode)
})

test('errors of the node and of the command line are told alike', () => {
  const told = { code: 'usage', message: 'wrong', hint: 'do this' }
  expect(describe(new NodeError('usage', 'wrong', 'do this'))).toEqual(told)
  expect(describe(new CommandError('usage', 'wrong', 'do this'))).toEqual(told)
  expect(describe(new CommandError('usage', 'wrong'))).toEqual({ code: 'usage', message: 'wrong' })
})

test('an error that nobody foresaw is not told as if it were known', () => {
  expect(describe(Object.assign(new Error('ENOENT'), { code: 'ENOENT' }))).toBeUndefined()
  expect(describe(new TypeError('x'))).toBeUndefined()
  expect(describe('thrown text')).toBeUndefined()
})
