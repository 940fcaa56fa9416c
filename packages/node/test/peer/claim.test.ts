import { expect, test } from 'vitest'
import { agentOf, claimOf } from '../../src/peer/claim.ts'

test('what a peer says of itself is clipped to 64 printable characters', () => {
  const { agent, name, protocols } = claimOf(`\x1b[2Jevil\r\n\u202e${'x'.repeat(8_000)}`, [`/a\x07${'b'.repeat(999)}`])
  expect(agent).toBe(`[2Jevil${'x'.repeat(57)}`)
  expect(name).toBeUndefined()
  expect(protocols).toEqual([`/a${'b'.repeat(62)}`])
  expect(claimOf('\x1b\x07', []).agent).toBeUndefined()
  expect(
    claimOf(
      undefined,
      Array.from({ length: 999 }, () => '/p'),
    ).protocols,
  ).toHaveLength(64)
})

test('a node says its name where others find it', () => {
  expect(claimOf(agentOf('1.2.3', 'lap.top'), []).name).toBe('lap.top')
  expect(claimOf(agentOf('1.2.3', undefined), []).name).toBeUndefined()
  expect(claimOf('grapevine/1.2.3 (a b)', []).name).toBeUndefined()
})
