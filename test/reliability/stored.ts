import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { Store } from '@grapevine/node/store'

/** What a store holds of a topic. */
export interface Stored {
  readonly count: number
  /** SHA-256 over all keys in order: equal where the same messages are held. */
  readonly root: string
}

/** Looks into the store of a home whose node is down. */
export async function storedIn(home: string, topic: string): Promise<Stored> {
  const store = await Store.open({ path: join(home, 'store.sqlite'), reserveBytes: 0 })
  try {
    const hash = createHash('sha256')
    let count = 0
    for await (const { times, keys } of store.keys(topic)) {
      count += times.length
      for (const [at, time] of times.entries()) hash.update(`${time} `).update(keys.subarray(at * 16, (at + 1) * 16))
    }
    return { count, root: hash.digest('hex') }
  } finally {
    await store.close()
  }
}
