import { expect, test } from 'vitest'
import { labMissing } from '@grapevine/node/lab'
import { partition } from './partition.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

test.skipIf(missing !== undefined)(
  'eight nodes that were two halves for 15 s have equal stores after the heal',
  async () => {
    const { stores, healedMs, repeated, verified } = await partition({
      nodes: 8,
      seconds: 15,
      messages: 1_000,
      timeoutMs: 120_000,
    })
    console.log(`equal ${(healedMs / 1_000).toFixed(1)} s after the heal`)
    expect({ repeated, verified }).toEqual({ repeated: 0, verified: [0, 0] })
    expect(stores).toEqual(stores.map(() => ({ count: 2_000, root: stores[0]!.root })))
  },
  300_000,
)
