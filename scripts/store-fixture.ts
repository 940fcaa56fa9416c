/**
 * node --conditions=@grapevine/source scripts/store-fixture.ts FILE
 *
 * Makes a database of the current schema version, to be kept: tests of later versions open it.
 */
import { DatabaseSync } from 'node:sqlite'
import { hash } from 'node:crypto'
import { Store } from '@grapevine/node/store'
import { batchFrom, newYear, recordNumber } from '../packages/node/test/store/records.ts'

const [path = ''] = process.argv.slice(2)
const store = await Store.open({ path, reserveBytes: 0 })
await store.append([
  recordNumber(1),
  batchFrom(10, 4),
  recordNumber(2, { topic: 'ids', keyTime: 0, ids: new Uint8Array(20).fill(7), via: 'own', from: undefined }),
  batchFrom(20, 5, { kept: [0, 2, 4], keys: batchFrom(20, 3).keys, via: 'history' }),
])
await store.call('consumer.create', {
  name: 'reader',
  topics: ['chat'],
  acked: 3,
  ahead: [],
  handedOut: 3,
  since: 0,
  refilledAt: 0,
  createdAt: newYear,
})
await store.close()

// The log epoch is random, and a test wants to know it.
const database = new DatabaseSync(path)
const value = JSON.stringify({ logEpoch: '0badcafe', lastArrival: 9, lastTopic: 2 })
const sum = hash('sha256', `store\0${value}`, 'buffer').subarray(0, 8)
for (const table of ['fact', 'fact_copy']) {
  database.prepare(`UPDATE ${table} SET value = ?, sum = ? WHERE name = 'store'`).run(value, sum)
}
database.exec('VACUUM')
database.close()
