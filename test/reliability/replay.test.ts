import { expect, test } from 'vitest'
import { replayOld } from './replay.ts'

test('old messages that a hostile peer sends again are neither delivered nor relayed, after a restart and below the floor', async () => {
  const results = await replayOld({ messages: 2_000, waitSeconds: 0 })
  expect(results).toMatchObject([
    { phase: 'after a restart', delivered: 0, relayed: 0 },
    { phase: 'below the floor', delivered: 0, relayed: 0, reasons: { expired: expect.any(Number) } },
  ])
}, 600_000)
