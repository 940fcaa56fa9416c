import { describe, expect, test } from 'vitest'
import {
  faultOfKey,
  readSharedKey,
  sharedKeyOf,
  stateKeySizeMax,
  userKeyOf,
  userKeySizeMax,
} from '../../src/state/index.ts'

describe('a name for a key', () => {
  test.each(['role', 'a', 'städt/berlin', 'x:y', 'k'.repeat(250), 'ö'.repeat(125), '__proto__', '🍇'])(
    'may be %j',
    (name) => {
      expect(faultOfKey(name)).toBeUndefined()
    },
  )

  test.each([
    ['', 'empty'],
    ['k'.repeat(251), 'too-long'],
    ['ö'.repeat(126), 'too-long'],
    ['a b', 'character'],
    ['a=b', 'character'],
    ['a*', 'character'],
    ['a?', 'character'],
    ['a\n', 'character'],
    ['a\u202e', 'character'],
    ['a\u200b', 'character'],
    ['\ud800', 'character'],
  ] as const)('may not be %j: %s', (name, fault) => {
    expect(faultOfKey(name)).toBe(fault)
  })

  test('fits behind every prefix, and is found again there', () => {
    const name = 'k'.repeat(userKeySizeMax)
    for (const kind of ['value', 'counter', 'group'] as const) {
      const key = sharedKeyOf({ kind, name })
      expect(key.length).toBeLessThanOrEqual(stateKeySizeMax)
      expect(readSharedKey(key)).toEqual({ kind, name })
      expect(userKeyOf(key)).toBeUndefined()
    }
    expect(userKeyOf('u:role')).toBe('role')
    expect(['u:', 'm:self', 'role', 's:c:x'].map(userKeyOf)).toEqual([undefined, undefined, undefined, undefined])
    expect(['u:role', 's:', 's:c:', 's:x:y', 's:cc:y'].map(readSharedKey)).toEqual(Array(5).fill(undefined))
  })
})
