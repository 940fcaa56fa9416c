import { expect, test } from 'vitest'
import { flipDatabase } from './flips.ts'

test('a node whose database was hit by a thousand bit errors serves nothing wrong, and gets everything again', async () => {
  const seed = Date.now()
  const { wrong, heldFirst, wholeMs, damaged, stores } = await flipDatabase({
    messages: 3_000,
    flips: 1_000,
    seed,
    timeoutMs: 120_000,
  })
  console.log(`${heldFirst} of 3000 messages at first, all after ${(wholeMs / 1_000).toFixed(1)} s, seed ${seed}`)
  expect({ wrong, damaged }).toEqual({ wrong: 0, damaged: 0 })
  expect(stores[1]).toEqual(stores[0])
}, 300_000)
