import { setTimeout as sleep } from 'node:timers/promises'
import { until } from '../site.ts'
import { Acknowledger } from './acknowledger.ts'
import { Members, type Member } from './member.ts'
import { randomFrom } from './random.ts'
import { missingIn, storedIn, type Stored } from './stored.ts'

/** Processes that are killed while they work. */
export interface KillOptions {
  readonly kills: number
  /** Seed of who is killed, and when. */
  readonly seed: number
  /** A kill comes within this time of the first acknowledgement. */
  readonly loadMsMax: number
  readonly onKill?: (number: number) => void
}

/** What came of it. */
export interface KillResult {
  readonly acknowledged: number
  /** Acknowledged messages that are not in the store of the node that acknowledged them. */
  readonly lost: number
  /** Messages that readers were given and that are not in the store of their node. */
  readonly unstored: number
  /** Messages that a named consumer got again after it had acknowledged them, and ones not marked as repeated. */
  readonly repeatedAfter: number
  readonly unmarked: number
  /** What the stores held after they had met again. */
  readonly stores: readonly Stored[]
}

const topic = 'load'
/** A reader that gets nothing for this long has got what it gets; it may have much to catch up with. */
const stalledMsMax = 120_000
const lookMs = 500

/** Messages that each node publishes at once, and how long until the next: 2,000 a second at most. */
const burst = { messages: 20, everyMs: 10 }

/**
 * Two nodes that publish without a pause, one read by a named consumer, the other by a plain reader; again and again one of them is killed with SIGKILL
 * and started again.
 */
export async function killUnderLoad({ kills, seed, loadMsMax, onKill }: KillOptions): Promise<KillResult> {
  await using members = await Members.open({ count: 2, config: { 'reconcile.intervalMs': 2_000 } })
  await members.join(topic)
  const [one, other] = members.all as [Member, Member]
  const consumer = await Acknowledger.open(one.client, topic, 'reader')
  const inbox = await other.read(topic)
  const random = randomFrom(seed)
  const acknowledged: string[][] = [[], []]
  for (let number = 1; number <= kills; number++) {
    const victim = random() < 0.5 ? 0 : 1
    const loadMs = random() * loadMsMax
    const writers = members.all.map((member, index) => write(member, `${number}/${index}`))
    await Promise.all(writers.map(({ first }) => first))
    await sleep(loadMs)
    await members.all[victim]!.kill()
    for (const writer of writers) writer.end()
    for (const [index, { ids }] of writers.entries()) acknowledged[index]!.push(...(await ids))
    await members.all[victim]!.start()
    onKill?.(number)
  }
  const everything = acknowledged.flat()
  await comesTo('the reader', inbox.ids, everything)
  await comesTo('the consumer', consumer.ids, everything)
  inbox.close()
  consumer.close()
  await Promise.all(members.all.map((member) => member.kill()))
  return {
    acknowledged: everything.length,
    lost: (await missingOf(members.all, acknowledged)).length,
    unstored: (await missingOf(members.all, [consumer.ids, inbox.ids])).length,
    repeatedAfter: consumer.repeatedAfter,
    unmarked: consumer.unmarked,
    stores: [await storedIn(one.home, topic), await storedIn(other.home, topic)],
  }
}

/** Resolves once somebody has all of some messages; rejects if nothing more comes for two minutes. */
async function comesTo(who: string, ids: ReadonlySet<string>, wanted: readonly string[]): Promise<void> {
  const isThere = (): boolean => wanted.every((id) => ids.has(id))
  while (!isThere()) {
    const before = ids.size
    await until(
      () => ids.size,
      (size) => size > before || isThere(),
      stalledMsMax,
    ).catch(() => {
      throw new Error(`${who} lacks ${wanted.filter((id) => !ids.has(id)).length} of ${wanted.length} messages`)
    })
    await sleep(lookMs)
  }
}

async function missingOf(members: readonly Member[], idsOfEach: readonly Iterable<string>[]): Promise<string[]> {
  const missing: string[] = []
  for (const [index, { home }] of members.entries()) missing.push(...(await missingIn(home, topic, idsOfEach[index]!)))
  return missing
}

interface Writer {
  /** Resolves with the first acknowledgement. */
  readonly first: Promise<void>
  /** All that were acknowledged, once it has ended or its node is gone. */
  readonly ids: Promise<string[]>
  readonly end: () => void
}

/** Publishes without a pause until told to end. */
function write(member: Member, name: string): Writer {
  const first = Promise.withResolvers<void>()
  const stop = new AbortController()
  async function* texts(): AsyncGenerator<string> {
    for (let number = 0; !stop.signal.aborted; number++) {
      if (number % burst.messages === 0) await sleep(burst.everyMs)
      yield `${name}/${number}`
    }
  }
  const collect = async (): Promise<string[]> => {
    const ids: string[] = []
    try {
      for await (const id of member.publishing(topic, texts())) {
        ids.push(id)
        first.resolve()
      }
    } catch {
      // The node was killed: what it acknowledged before counts.
    }
    first.resolve()
    return ids
  }
  return { first: first.promise, ids: collect(), end: () => stop.abort() }
}
