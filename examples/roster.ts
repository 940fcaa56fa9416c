// Who does what, as every node sees it: each says its role, and together they count who came.
//   node examples/roster.ts relay            begins a network and prints a ticket
//   node examples/roster.ts worker TICKET    joins it
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode } from '@grapevine/node'

const [role = 'relay', ticket] = process.argv.slice(2)

const home = mkdtempSync(join(tmpdir(), 'roster-'))
// Without `listen`, other machines reach it too.
const listen = ['/ip4/127.0.0.1/tcp/0']
const node = await createNode({ home, listen, ...(ticket ? { ticket } : { network: 'roster' }) })
process.once('SIGTERM', () => void node.stop())
if (ticket === undefined) console.log(`others join with: ${node.ticket()}`)

const { state } = node
const text = (value: Uint8Array): string => JSON.stringify(Buffer.from(value).toString())
// Our own key, which only we can write, and a counter that everyone adds to.
await state.set('role', role)
await state.counter.add('visits')

// What is there, then what changes, until the node stops.
const follow = async (): Promise<void> => {
  for await (const item of state.watch({ match: ['role'] })) {
    if ('gap' in item || 'ready' in item) continue
    const { peerId, value } = item
    const who = peerId === node.peerId ? 'this node' : `…${peerId.slice(-6)}`
    console.log(value === undefined ? `${who} has no role any more` : `${who} is ${text(value)}`)
  }
}
const count = async (): Promise<void> => {
  for await (const item of state.watchShared({ match: ['visits'] }))
    if ('count' in item) console.log(`${item.count} visits`)
}
await Promise.all([follow(), count()])
rmSync(home, { recursive: true })
