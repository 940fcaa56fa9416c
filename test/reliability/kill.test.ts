import { expect, test } from 'vitest'
import { killUnderLoad } from './kill.ts'

test('killed under load, nodes lose nothing that they acknowledged or delivered, and repeat nothing to a consumer', async () => {
  const seed = Date.now()
  const { acknowledged, stores, ...wrong } = await killUnderLoad({ kills: 10, seed, loadMsMax: 300 })
  console.log(`10 kills, ${acknowledged} messages acknowledged, seed ${seed}`)
  expect(wrong).toEqual({ lost: 0, unstored: 0, repeatedAfter: 0, unmarked: 0 })
  expect(stores[1]).toEqual(stores[0])
  expect(stores[0]!.count).toBeGreaterThanOrEqual(acknowledged)
}, 300_000)
