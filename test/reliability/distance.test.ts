import { expect, test } from 'vitest'
import { labMissing } from '@grapevine/node/lab'
import { distances } from './distance.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

test.skipIf(missing !== undefined)(
  'nodes in five regions estimate round trips between any two of them, close to what a ping takes',
  async () => {
    const [found] = await distances({ nodes: 5, seconds: [60] })
    expect(found!.pairs).toBe(20)
    // A machine with other work adds to every round trip, and to pings other times than to exchanges.
    expect(found!.median).toBeLessThan(0.6)
    expect(found!.exchangeMedian).toBeLessThan(0.6)
    expect(found!.thirdMedian).toBeLessThan(0.8)
  },
  400_000,
)
