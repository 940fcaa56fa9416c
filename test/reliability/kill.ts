import { setTimeout as sleep } from 'node:timers/promises'
import type { Inbox } from './inbox.ts'
import { Members, type Member } from './member.ts'
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
  /** What the stores held after they had met again. */
  readonly stores: readonly Stored[]
}

const topic = 'load'
const equalMsMax = 120_000

/**
 * Two nodes that publish as fast as they can, each read by somebody; again and again one of them is killed with SIGKILL
 * and started again.
 */
export async function killUnderLoad({ kills, seed, loadMsMax, onKill }: KillOptions): Promise<KillResult> {
  await using members = await Members.open({ count: 2, config: { 'reconcile.intervalMs': 2_000 } })
  await members.join(topic)
  const inboxes = await Promise.all(members.all.map((member) => member.read(topic)))
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
  await Promise.all(inboxes.map((inbox) => inbox.has(everything, equalMsMax)))
  for (const inbox of inboxes) inbox.close()
  await Promise.all(members.all.map((member) => member.kill()))
  return {
    acknowledged: everything.length,
    lost: (await missingOf(members.all, acknowledged)).length,
    unstored: (await missingOf(members.all, inboxes.map(idsOf))).length,
    stores: [await storedIn(members.all[0]!.home, topic), await storedIn(members.all[1]!.home, topic)],
  }
}

const idsOf = ({ ids }: Inbox): Iterable<string> => ids

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
  let isEnding = false
  function* texts(): Generator<string> {
    for (let number = 0; !isEnding; number++) yield `${name}/${number}`
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
  return { first: first.promise, ids: collect(), end: () => (isEnding = true) }
}

/** Numbers from 0 to 1 that a seed decides (mulberry32). */
function randomFrom(seed: number): () => number {
  let state = seed
  return () => {
    state = (state + 0x6d2b_79f5) | 0
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state)
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}
