import { setTimeout as sleep } from 'node:timers/promises'
import { Lab } from '@grapevine/node/lab'
import { Members } from './member.ts'
import { storedIn, type Stored } from './stored.ts'

/** A partition into halves. */
export interface PartitionOptions {
  readonly nodes: number
  /** How long it lasts; the messages are spread over it. */
  readonly seconds: number
  /** Messages on each side meanwhile. */
  readonly messages: number
  /** How long after the heal everything may take to be everywhere. */
  readonly timeoutMs: number
}

/** What came of it. */
export interface PartitionResult {
  /** From the heal until every reader had all messages of both sides. */
  readonly healedMs: number
  /** What each store then held. */
  readonly stores: readonly Stored[]
  /** Messages that readers got twice, over all. */
  readonly repeated: number
  /** Exit codes of `topic verify` at the first and the last node. */
  readonly verified: readonly (number | null)[]
}

const topic = 'split'

/** Splits a network into halves, lets both talk, and heals it. Rejects if messages are missing after the time-out. */
export async function partition({ nodes, seconds, messages, timeoutMs }: PartitionOptions): Promise<PartitionResult> {
  await using lab = await Lab.open(nodes)
  await using members = await Members.open({ count: nodes, lab })
  await members.join(topic)
  const inboxes = await Promise.all(members.all.map((member) => member.read(topic)))
  const half = nodes / 2
  const numbers = members.all.map((_, index) => index)
  await lab.partition([numbers.slice(0, half), numbers.slice(half)])
  const healAt = performance.now() + seconds * 1_000
  const published = await Promise.all(
    members.all.map((member, index) => {
      const share = shareOf(messages, half, index % half)
      return member.publish(topic, spread(`node ${index}:`, share, seconds * 950))
    }),
  )
  await sleep(Math.max(0, healAt - performance.now()))
  await lab.heal()
  const start = performance.now()
  await Promise.all(inboxes.map((inbox) => inbox.has(published.flat(), timeoutMs)))
  const healedMs = performance.now() - start
  for (const inbox of inboxes) inbox.close()
  const verified = [members.all.at(0)!, members.all.at(-1)!].map((member) => member.verify(topic))
  await Promise.all(members.all.map((member) => member.kill()))
  const stores = await Promise.all(members.all.map(({ home }) => storedIn(home, topic)))
  const repeated = inboxes.reduce((sum, inbox) => sum + inbox.repeated, 0)
  return { healedMs, stores, repeated, verified }
}

/** What falls to one of some, of a number that need not divide. */
const shareOf = (total: number, parts: number, part: number): number =>
  Math.floor(total / parts) + (part < total % parts ? 1 : 0)

/** Texts, spread evenly over some time. */
async function* spread(name: string, count: number, overMs: number): AsyncGenerator<string> {
  const start = performance.now()
  for (let number = 0; number < count; number++) {
    await sleep(Math.max(0, start + (overMs * number) / count - performance.now()))
    yield `${name} ${number}`
  }
}
