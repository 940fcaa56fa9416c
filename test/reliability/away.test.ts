import { expect, test } from 'vitest'
import { comeBack } from './away.ts'

test('a node that was away gets all that was said meanwhile when it is back', async () => {
  const { caughtUpMs, stores } = await comeBack({ messages: 10_000, timeoutMs: 120_000 })
  console.log(`10,000 messages, an envelope each, after ${(caughtUpMs / 1_000).toFixed(1)} s`)
  expect(stores[1]).toEqual(stores[0])
  expect(stores[0]!.count).toBe(10_000)
}, 300_000)
