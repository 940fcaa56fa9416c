import { closeSync, fstatSync, openSync, readSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { Store } from '@grapevine/node/store'
import { until } from '../site.ts'
import { Members, type Member } from './member.ts'
import { randomFrom } from './random.ts'
import { storedIn, type Stored } from './stored.ts'

/** Bit errors in the database of one of two nodes. */
export interface FlipOptions {
  readonly messages: number
  /** Bytes that are changed, all at once. */
  readonly flips: number
  readonly seed: number
  /** How long the node may take to have everything again. */
  readonly timeoutMs: number
}

/** What came of it. */
export interface FlipResult {
  /** Messages that were served and are not what had been published. */
  readonly wrong: number
  /** Messages that were held in the moment in which the node was up again. */
  readonly heldFirst: number
  /** From the start of the node until it had all messages again, or the time-out. */
  readonly wholeMs: number
  /** What a scrub still found afterwards. */
  readonly damaged: number
  readonly stores: readonly Stored[]
}

const topic = 'flips'

/** Stops one of two nodes, changes random bytes of its database, and starts it again. */
export async function flipDatabase({ messages, flips, seed, timeoutMs }: FlipOptions): Promise<FlipResult> {
  const config = { 'store.scrubBytes': 1 << 30, 'reconcile.intervalMs': 1_000 }
  await using members = await Members.open({ count: 2, config })
  await members.join(topic)
  const [author, victim] = members.all as [Member, Member]
  const inbox = await victim.read(topic)
  const texts = new Map<string, string>()
  // One message an envelope, or damage would be to few large records.
  for (let number = 0; number < messages; number++) {
    const text = `message ${number} ${'.'.repeat(number % 200)}`
    texts.set((await author.client.call('publish', { topic }, { body: Buffer.from(text) })).id, text)
  }
  await inbox.has(texts.keys(), timeoutMs)
  inbox.close()
  await victim.stop()
  flip(join(victim.home, 'store.sqlite'), flips, seed)
  const startedAt = performance.now()
  await victim.start()
  let wrong = 0
  let heldFirst: number | undefined
  const held = async (): Promise<number> => {
    let count = 0
    for await (const { id, text } of victim.client.stream('history', { topic })) {
      if (texts.get(id) === text) count++
      else wrong++
    }
    heldFirst ??= count
    return count
  }
  await until(held, (count) => count === messages, timeoutMs).catch(() => undefined)
  const wholeMs = performance.now() - startedAt
  await Promise.all([author.stop(), victim.stop()])
  const damaged = await scrub(victim.home)
  const stores = [await storedIn(author.home, topic), await storedIn(victim.home, topic)]
  return { wrong, heldFirst: heldFirst ?? 0, wholeMs, damaged, stores }
}

function flip(path: string, count: number, seed: number): void {
  const random = randomFrom(seed)
  const file = openSync(path, 'r+')
  const byte = new Uint8Array(1)
  const { size } = fstatSync(file)
  for (let number = 0; number < count; number++) {
    const at = Math.floor(random() * size)
    readSync(file, byte, 0, 1, at)
    byte[0]! ^= 1 + Math.floor(random() * 255)
    writeSync(file, byte, 0, 1, at)
  }
  closeSync(file)
}

/** Rows that do not hold together in the store of a home whose node is down. */
async function scrub(home: string): Promise<number> {
  const store = await Store.open({ path: join(home, 'store.sqlite'), reserveBytes: 0 })
  try {
    return (await store.scrub()).damaged
  } finally {
    await store.close()
  }
}
