import type { QueryEndView } from '@grapevine/protocol/control'
import { expect, test } from 'vitest'
import { type Member, Members } from '../reliability/member.ts'
import { until } from '../site.ts'
import { Lab, labMissing } from '@grapevine/node/lab'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

const startMsMax = 120_000

/** Answers queries with the number of the node; says how often it was asked each. */
function respond({ client }: Member, index: number): ReadonlyMap<string, number> {
  const asked = new Map<string, number>()
  const answerAll = async (): Promise<void> => {
    let responder = ''
    for await (const item of client.stream('respond', { name: 'who' })) {
      if (item.type === 'responding') ({ responder } = item)
      else {
        const { query } = item
        asked.set(query, (asked.get(query) ?? 0) + 1)
        await client.call('respondAnswer', { responder, query }, { body: Buffer.from(`node ${index}`) })
      }
    }
  }
  // It ends with its node.
  answerAll().catch(() => undefined)
  return asked
}

/** Asks all; what is left when all that are known to be alive have answered, or the time is up. */
async function ask({ client }: Member, relays: number): Promise<QueryEndView> {
  let end: QueryEndView | undefined
  const params = { name: 'who', relays, timeout: 30_000 }
  for await (const item of client.stream('query', params, { body: Buffer.from('?') }))
    if (item.type === 'ended') end = item
  return end!
}

test.skipIf(missing !== undefined)(
  'a query with relays is answered by eight nodes that see four others each, over links with 30 % loss, and when a node on the way dies',
  async () => {
    await using lab = await Lab.open(8)
    await using members = await Members.open({ count: 8, lab, reach: 2, config: { 'connections.target': 0 } })
    for (const { client } of members.all) {
      await until(
        async () => (await client.call('members', { status: ['alive'] })).length,
        (count) => count === 8,
        startMsMax,
      )
    }
    const asked = members.all.map(respond)
    const [first] = members.all
    await until(
      async () => (await ask(first!, 2)).answered,
      (answered) => answered === 8,
      startMsMax,
    )
    await lab.link({ loss: 0.3, delayMs: 20 })
    const ends: QueryEndView[] = []
    for (let turn = 0; turn < 10; turn++) ends.push(await ask(first!, 2))
    const answers = ends.reduce((sum, { answered }) => sum + answered, 0)
    const slowest = Math.max(...ends.map(({ ms }) => ms))
    console.log(`${answers} of 80 answers over links with 30 % loss, the slowest query took ${slowest} ms`)
    expect(answers).toBeGreaterThanOrEqual(76)
    expect((await lab.counts()).lost).toBeGreaterThan(100)
    for (const each of asked) expect(Math.max(...each.values())).toBe(1)

    await lab.link({ loss: 0, delayMs: 0 })
    await members.all[2]!.kill()
    const around = await ask(first!, 2)
    // It is known to be gone after some seconds only.
    expect(around.answered).toBe(7)
  },
  600_000,
)
