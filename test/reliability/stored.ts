import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Store } from '@grapevine/node/store'

/** What a store holds of a topic. */
export interface Stored {
  readonly count: number
  /** SHA-256 over all keys in order: equal where the same messages are held. */
  readonly root: string
}

/** Bytes of an id by which the store knows a message. */
const keySize = 16

/** Looks into the store of a home whose node is down. */
export async function storedIn(home: string, topic: string): Promise<Stored> {
  const hash = createHash('sha256')
  let count = 0
  for await (const { time, key } of keysIn(home, topic)) {
    count++
    hash.update(`${time} `).update(key)
  }
  return { count, root: hash.digest('hex') }
}

/** Which of these ids are not in the store of a home whose node is down. */
export async function missingIn(home: string, topic: string, ids: Iterable<string>): Promise<string[]> {
  const held = new Set<string>()
  for await (const { key } of keysIn(home, topic)) held.add(Buffer.from(key).toString('hex'))
  return [...ids].filter((id) => !held.has(id.slice(0, 2 * keySize)))
}

async function* keysIn(home: string, topic: string): AsyncGenerator<{ time: number; key: Uint8Array }> {
  const store = await Store.open({ path: join(home, 'store.sqlite'), reserveBytes: 0 })
  try {
    for await (const { times, keys } of store.keys(topic)) {
      for (const [at, time] of times.entries()) yield { time, key: keys.subarray(at * keySize, (at + 1) * keySize) }
    }
  } finally {
    await store.close()
  }
}
