// Relays transactions that name their parents: one with an unknown parent is not passed on.
//   node examples/tx-relay.ts                 prints a ticket, then what it relays
//   node examples/tx-relay.ts TICKET 3        sends a chain of three transactions, twice
import { createHash } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, defineTopic } from '@grapevine/node'

const [ticket, count = '3'] = process.argv.slice(2)

interface Transaction {
  readonly parent: string
  readonly memo: string
}

const hashOf = (payload: Uint8Array): Uint8Array => createHash('sha256').update(payload).digest()
const known = new Set(['genesis'])

const transactions = defineTopic({
  name: 'tx',
  payload: {
    json: {
      type: 'object',
      properties: { parent: { type: 'string', maxLength: 64 }, memo: { type: 'string', maxLength: 80 } },
      required: ['parent', 'memo'],
      additionalProperties: false,
    },
  },
  // A transaction is itself whoever sends it, and however often.
  id: hashOf,
  validate: ({ id, value }) => {
    const { parent } = value as Transaction
    if (!known.has(parent)) return { verdict: 'ignore', reason: `no parent ${parent.slice(0, 8)}` }
    known.add(Buffer.from(id).toString('hex'))
    return 'accept'
  },
})

const home = mkdtempSync(join(tmpdir(), 'tx-relay-'))
// Without `listen`, other machines reach it too.
const listen = ['/ip4/127.0.0.1/tcp/0']
const node = await createNode({ home, listen, topics: [transactions], ...(ticket ? { ticket } : { network: 'tx' }) })
process.once('SIGTERM', () => void node.stop())
const topic = node.topic(transactions)

if (ticket === undefined) {
  console.log(`senders join with: ${node.ticket()}`)
  for await (const item of topic.subscribe()) if ('value' in item) console.log((item.value as Transaction).memo)
} else {
  let parent = 'genesis'
  for (let number = 1; number <= Number(count); number++) {
    const transaction: Transaction = { parent, memo: `payment ${number}` }
    const first = await topic.publish(transaction, { waitPeers: 1 })
    const again = await topic.publish(transaction)
    console.log(first.state, again.state)
    parent = first.id
  }
  await node.stop()
}
rmSync(home, { recursive: true })
