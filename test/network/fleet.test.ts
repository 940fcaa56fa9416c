import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { Fleet, Lab, labMissing, passageOf } from '@grapevine/node/lab'
import { expect, test } from 'vitest'
import { until } from '../site.ts'

const program: [string, string] = [
  process.execPath,
  fileURLToPath(new URL('../../packages/cli/dist/bundle/main.js', import.meta.url)),
]
const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

test.skipIf(missing !== undefined)(
  'a fleet is connected as told and no further, and journals tell the way of a message, no hop faster than its link',
  async () => {
    await using lab = await Lab.open(4)
    await lab.link({ delayMs: 30 })
    const dials = [0, 1, 2].map((from) => ({ from, to: from + 1 }))
    const fleet = await Fleet.open({ program, nodes: 4, dials, lab })
    try {
      expect(fleet.degrees).toEqual([1, 2, 2, 1])
      expect(await fleet.join('t')).toHaveLength(4)
      const { id } = await fleet.nodes[0]!.client.call('publish', { topic: 't' }, { body: Buffer.from('one') })
      const passage = await until(
        () => passageOf(fleet, id, 0),
        ({ arrivals }) => arrivals.length === 3,
      )
      expect(passage).toMatchObject({ id, author: 0, sent: 1 })
      expect(passage.arrivals.map(({ node, hop }) => [node, hop?.from])).toEqual([
        [1, 0],
        [2, 1],
        [3, 2],
      ])
      for (const { hop } of passage.arrivals) expect(hop!.ms).toBeGreaterThanOrEqual(30 - 1)
      for (const node of fleet.nodes) {
        const { peers } = await node.status()
        expect(peers.filter(({ state }) => state === 'connected')).toHaveLength(fleet.degrees[node.index]!)
      }
    } finally {
      await fleet.close()
    }
    for (const { home, isUp } of fleet.nodes) expect([existsSync(home), isUp]).toEqual([false, false])
  },
  300_000,
)
