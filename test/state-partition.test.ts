import type { SharedView } from '@grapevine/protocol/control'
import { expect, test } from 'vitest'
import { Lab, labMissing } from '@grapevine/node/lab'
import { Members } from './reliability/member.ts'
import { until } from './site.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

/** A heal that is found out by dials takes up to half a minute, more on a machine that has other work too. */
const healMsMax = 120_000

test.skipIf(missing !== undefined)(
  'shared keys that both sides of a partition write are the same on all nodes once it heals, and nothing that adds up is lost',
  async () => {
    await using lab = await Lab.open(4)
    await using members = await Members.open({ count: 4, lab })
    const clients = members.all.map(({ client }) => client)
    const shared = (): Promise<(readonly SharedView[])[]> =>
      Promise.all(clients.map((client) => client.call('shared', {})))
    const group = (node: number): Promise<SharedView> => clients[node]!.call('group', { key: 'jobs' })
    const change = (node: number, add: readonly string[], remove: readonly string[] = []): Promise<unknown> => {
      const texts = (elements: readonly string[]): { text: string }[] => elements.map((text) => ({ text }))
      return clients[node]!.call('groupChange', {}, { body: { key: 'jobs', add: texts(add), remove: texts(remove) } })
    }
    await change(0, ['both', 'removed', 'kept'])
    await clients[3]!.call('counterAdd', {}, { body: { key: 'hits', by: 100 } })
    await until(shared, (all) => all.every((views) => views.length === 2), healMsMax)

    await lab.partition([
      [0, 1],
      [2, 3],
    ])
    const rounds = 20
    for (let round = 1; round <= rounds; round++) {
      await Promise.all(
        clients.map(async (client, node) => {
          await client.call('counterAdd', {}, { body: { key: 'hits', by: node + 1 } })
          await client.call('sharedSet', {}, { body: { key: 'leader', text: `${node} in ${round}` } })
          await client.call('stateSet', {}, { body: { writes: [{ key: 'round', text: String(round) }] } })
        }),
      )
    }
    await change(1, ['left'], ['removed'])
    // The one side removes what the other adds anew, without having seen that.
    await change(0, [], ['both'])
    await change(2, ['both', 'right'], ['both'])
    // Written last on this side, and so by its clock after all that went before.
    await clients[2]!.call('sharedSet', {}, { body: { key: 'leader', text: 'last' } })

    await lab.heal()
    const healedAt = performance.now()
    await until(
      shared,
      (all) =>
        new Set(all.map((views) => JSON.stringify(views))).size === 1 && all[0]!.every(({ writers }) => writers > 1),
      healMsMax,
    )
    const elements = ['both', 'kept', 'left', 'right']
    for (const node of clients.keys()) {
      await until(
        async () => (await group(node)).elements?.map(({ text }) => text),
        (found) => JSON.stringify(found) === JSON.stringify(elements),
        healMsMax,
      )
      expect(await clients[node]!.call('counter', { key: 'hits' })).toMatchObject({
        count: 100 + rounds * 10,
        writers: 4,
      })
      expect(await clients[node]!.call('sharedValue', { key: 'leader' })).toMatchObject({ text: 'last', writers: 4 })
    }
    console.log(`the same on 4 nodes ${((performance.now() - healedAt) / 1000).toFixed(1)} s after the heal`)
  },
  300_000,
)
