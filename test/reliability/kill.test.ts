import { expect, test } from 'vitest'
import { killUnderLoad } from './kill.ts'

test('nothing that was acknowledged or delivered is lost when nodes under load are killed', async () => {
  const seed = Date.now()
  const { acknowledged, stores, ...wrong } = await killUnderLoad({ kills: 10, seed, loadMsMax: 300 })
  console.log(`10 kills, ${acknowledged} messages acknowledged, seed ${seed}`)
  expect(wrong).toEqual({ lost: 0, unstored: 0 })
  expect(stores[1]).toEqual(stores[0])
  expect(stores[0]!.count).toBeGreaterThanOrEqual(acknowledged)
}, 300_000)
