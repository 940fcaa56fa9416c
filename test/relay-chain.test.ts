import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until } from './site.ts'
import { root } from './source-tree.ts'

const site = new Site()
const nodes = ['a', 'b', 'c']
const script = join(root, 'scripts/relay/chain/relay.ts')
const genesis = join(site.directory, 'genesis.json')
const env = { CHAIN_GENESIS: genesis }
const ids = new Map<string, string>()

interface RelayStatus {
  readonly pid?: number
  readonly gauges: Readonly<Record<string, number | string>>
}
const status = async (node: string): Promise<RelayStatus> =>
  JSON.parse(await site.ok(['--node', node, 'relay', 'status', 'chain', '--json'])) as RelayStatus
const startRelay = async (node: string): Promise<void> => {
  const { code, stderr } = await site.run(['--node', node, 'relay', 'run', script, '--detach'], { env })
  expect({ code, stderr }).toMatchObject({ code: 0 })
}
const pay = (from: string, to: string, count: number, first = 0): Promise<string> => {
  const lines = Array.from({ length: count }, (_, index) =>
    JSON.stringify({ to: ids.get(to), amount: 1, nonce: first + index, fee: 1 }),
  )
  return site.ok(['--node', from, 'pub', 'chain/payments', '-', '--lines'], { stdin: lines.join('\n') })
}
/** Waits until these nodes agree on what everybody has, with so many payments made; nothing was made or lost on the way. */
async function settled(who: readonly string[], paid: number): Promise<void> {
  const said = await until(
    async () => Promise.all(who.map(async (node) => (await status(node)).gauges)),
    (all) => all.every((one) => one['paid'] === paid && one['balances'] === all[0]!['balances']),
    60_000,
  )
  const balances = String(said[0]!['balances']).split(' ')
  expect(balances).toHaveLength(3)
  expect(balances.reduce((sum, one) => sum + Number(one.split('=')[1]), 0)).toBe(300)
}

beforeAll(async () => {
  await site.ok(['--node', 'a', 'network', 'create', 'demo'])
  await site.up('a')
  const ticket = await site.ok(['--node', 'a', 'ticket'])
  for (const node of ['b', 'c']) {
    await site.ok(['--node', node, 'join', ticket])
    await site.up(node)
  }
  for (const node of nodes) ids.set(node, await site.ok(['--node', node, 'id']))
  writeFileSync(genesis, JSON.stringify({ proposers: [...ids.values()], slotMs: 500, balance: 100 }))
  for (const node of nodes) await startRelay(node)
})
afterAll(async () => {
  for (const node of nodes) await site.run(['--node', node, 'relay', 'stop', 'chain'])
  await site.close(...nodes)
})

test('three nodes take turns: payments get into blocks, a node that is killed loses its turns only, and comes back', async () => {
  await Promise.all([pay('a', 'b', 20), pay('b', 'c', 10), pay('c', 'a', 5)])
  await settled(nodes, 35)
  process.kill((await status('c')).pid!, 'SIGKILL')
  process.kill(site.pid('c'), 'SIGKILL')
  await pay('a', 'b', 10, 20)
  await settled(['a', 'b'], 45)
  await site.up('c')
  await startRelay('c')
  await pay('c', 'b', 3, 5)
  await settled(nodes, 48)
  // Who has nothing pays nothing: the payment waits for ever, and nobody else for it.
  await pay('b', 'a', 1, 1_000)
  await pay('b', 'a', 1, 10)
  await settled(nodes, 49)
  // A block out of turn is refused.
  const block = { parent: '0'.repeat(64), slot: 0, payments: [] }
  const refused = await site.run(['--node', 'b', 'pub', 'chain/blocks', JSON.stringify(block)])
  expect(refused).toMatchObject({ code: 1, stdout: '' })
})
