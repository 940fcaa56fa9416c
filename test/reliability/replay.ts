import { setTimeout as sleep } from 'node:timers/promises'
import { fromHex, wireTopic } from '@grapevine/protocol'
import { Replayer } from '../../packages/node/test/replayer.ts'
import { until } from '../site.ts'
import { Members, type Member } from './member.ts'

/** Old messages that a hostile peer sends again. */
export interface ReplayOptions {
  readonly messages: number
  /** How long to wait between the last message and the first replay; from 240 s on, gossip has forgotten their ids. */
  readonly waitSeconds: number
}

/** What the node did with the replays, in each phase. */
export interface ReplayResult {
  readonly phase: string
  /** Messages that readers of the node, or the node, counted as delivered. */
  readonly delivered: number
  /** Messages that came to the peer behind the node. */
  readonly relayed: number
  /** How many the node refused, by reason; what gossip itself knew is `copies`. */
  readonly reasons: Readonly<Record<string, number>>
}

const topic = 'old'
const waitMs = 300_000
/** Messages on their way at once: behind more than a slow machine reads in ten seconds a link looks dead. */
const heapMax = 5_000
/** What is left after the floor has risen. */
const capacity = 10

/**
 * An author, a node, and a peer behind it hold some messages; then somebody sends them to the node once more: some time
 * later, after a restart, and after the node has let go of nearly all of them.
 */
export async function replayOld({ messages, waitSeconds }: ReplayOptions): Promise<ReplayResult[]> {
  await using members = await Members.open({ count: 3, reach: 1, config: { 'batch.max': 1 } })
  const [author, node, behind] = members.all as [Member, Member, Member]
  const { peerId, network } = await author.status()
  await behind.client.call('block', {}, { body: { target: peerId } })
  await members.join(topic)
  await author.publish(topic, numbered(messages))
  for (const member of [node, behind])
    await until(
      () => heldBy(member),
      (held) => held === messages,
      waitMs,
    )
  const envelopes: Uint8Array[] = []
  for await (const line of author.client.stream('export', { topic })) {
    if ('wire' in line) envelopes.push(Buffer.from(line.wire, 'base64'))
  }
  await author.stop()
  const wireName = wireTopic(fromHex(network.id)!, topic)
  const attack = (phase: string): Promise<ReplayResult> => replayTo(node, behind, { phase, wireName, envelopes })
  const results: ReplayResult[] = []
  await sleep(waitSeconds * 1_000)
  if (waitSeconds > 0) results.push(await attack(`${waitSeconds} s later`))
  await restart(node, behind)
  results.push(await attack('after a restart'))
  const definition = { name: topic, retention: { capacity } }
  await node.client.call('topicDefine', {}, { body: { definition, replace: true } })
  await until(
    () => heldBy(node),
    (held) => held <= capacity,
    waitMs,
  )
  await restart(node, behind)
  results.push(await attack('below the floor'))
  return results
}

interface Attack {
  readonly phase: string
  readonly wireName: string
  readonly envelopes: readonly Uint8Array[]
}

async function replayTo(node: Member, behind: Member, { phase, wireName, envelopes }: Attack): Promise<ReplayResult> {
  const inbox = await node.read(topic)
  const before = await countsOf(node)
  const receivedBefore = (await countsOf(behind)).received
  await using replayer = await Replayer.connect((await node.status()).addresses[0]!, wireName)
  let after = before
  for (let sent = 0; sent < envelopes.length; sent += heapMax) {
    const heap = envelopes.slice(sent, sent + heapMax)
    await replayer.replay(heap)
    after = await until(
      () => countsOf(node),
      ({ received }) => received >= before.received + sent + heap.length,
      waitMs,
    )
  }
  await replayer.stop()
  // What was published now comes after all that the node passed on before.
  const [last] = await node.publish(topic, [`after ${phase}`])
  await inbox.has([last!], waitMs)
  await until(
    () => heldIds(behind),
    (ids) => ids.includes(last!),
    waitMs,
  )
  inbox.close()
  const reasons = Object.entries(after.reasons).map(([reason, count]) => [
    reason,
    count - (before.reasons[reason] ?? 0),
  ])
  return {
    phase,
    delivered: Math.max(after.delivered - before.delivered, inbox.ids.size - 1),
    relayed: (await countsOf(behind)).received - receivedBefore - 1,
    reasons: Object.fromEntries(reasons) as Record<string, number>,
  }
}

/** Envelopes that came, and what became of them. */
async function countsOf(
  member: Member,
): Promise<{ received: number; delivered: number; reasons: Record<string, number> }> {
  const { counters } = await member.status()
  const reasons = { ...counters.reasons, copies: counters.copies }
  return { received: sum(Object.values(reasons)), delivered: counters.delivered, reasons }
}

const sum = (numbers: readonly number[]): number => numbers.reduce((total, number) => total + number, 0)

async function restart(...members: readonly Member[]): Promise<void> {
  for (const member of members) await member.stop()
  for (const member of members) await member.start()
  for (const member of members) {
    await until(
      async () => (await member.status()).topics[0]?.mesh,
      (mesh) => mesh === members.length - 1,
      waitMs,
    )
  }
}

async function heldIds(member: Member): Promise<string[]> {
  const ids: string[] = []
  for await (const { id } of member.client.stream('history', { topic, last: 100 })) ids.push(id)
  return ids
}

async function heldBy(member: Member): Promise<number> {
  let count = 0
  for await (const _ of member.client.stream('history', { topic })) count++
  return count
}

function* numbered(count: number): Generator<string> {
  for (let number = 0; number < count; number++) yield `message ${number}`
}
