import { expect, test } from 'vitest'
import { labMissing } from '@grapevine/node/lab'
import { lossy } from './loss.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

test.skipIf(missing !== undefined)(
  'eight nodes hear everything over links with 30 % loss and 300 ms of round trip, and no link is dead at the end',
  async () => {
    const options = { nodes: 8, loss: 0.3, roundTripMs: 300, messages: 400, timeoutMs: 300_000, isCalmAtEnd: true }
    const { deliveredMs, dead, peers } = await lossy(options)
    console.log(`all of 400 messages on all nodes after ${(deliveredMs / 1_000).toFixed(1)} s`)
    expect(dead).toBe(0)
    expect(Math.min(...peers)).toBeGreaterThanOrEqual(3)
  },
  600_000,
)
