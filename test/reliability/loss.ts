import { setTimeout as sleep } from 'node:timers/promises'
import type { ControlClient } from '@grapevine/node/client'
import { Lab } from '@grapevine/node/lab'
import { Members } from './member.ts'

/** A bad network. */
export interface LossOptions {
  readonly nodes: number
  /** Share of packets that get lost, each way. */
  readonly loss: number
  readonly roundTripMs: number
  /** In all, spread over the nodes. */
  readonly messages: number
  readonly timeoutMs: number
  /** Look at the links once packets are no longer lost: a link that is alive answers at once, and a dead one never. */
  readonly isCalmAtEnd?: boolean
}

/** What came of it. */
export interface LossResult {
  /** From the first publish until everything was everywhere. */
  readonly deliveredMs: number
  /** Connected peers of each node at the end that did not answer a ping. */
  readonly dead: number
  readonly peers: readonly number[]
}

const topic = 'loss'
const pingMs = 20_000
const answerMsMax = 120_000
const pauseMs = 2_000

/** Nodes that speak over links that lose and delay packets. Rejects if messages are missing after the time-out. */
export async function lossy(options: LossOptions): Promise<LossResult> {
  const { nodes, loss, roundTripMs, messages, timeoutMs, isCalmAtEnd = false } = options
  await using lab = await Lab.open(nodes)
  await using members = await Members.open({ count: nodes, lab })
  await members.join(topic)
  const inboxes = await Promise.all(members.all.map((member) => member.read(topic)))
  await lab.link({ loss, delayMs: roundTripMs / 2 })
  const start = performance.now()
  const share = Math.ceil(messages / nodes)
  const published = await Promise.all(
    members.all.map((member, index) =>
      member.publish(
        topic,
        Array.from({ length: share }, (_, number) => `node ${index}: ${number}`),
      ),
    ),
  )
  await Promise.all(inboxes.map((inbox) => inbox.has(published.flat(), timeoutMs)))
  const deliveredMs = performance.now() - start
  for (const inbox of inboxes) inbox.close()
  if (isCalmAtEnd) await lab.link({ loss: 0 })
  const looks = await Promise.all(members.all.map(({ client }) => look(client)))
  return { deliveredMs, dead: looks.reduce((sum, { dead }) => sum + dead, 0), peers: looks.map(({ peers }) => peers) }
}

/** Peers that a node is connected to, and how many of them do not answer. */
async function look(client: ControlClient): Promise<{ readonly peers: number; readonly dead: number }> {
  const connected = await client.call('peers', {})
  const answered = await Promise.all(connected.map(({ peerId }) => answers(client, peerId)))
  return { peers: connected.length, dead: answered.filter((isAnswered) => !isAnswered).length }
}

/** Whether a peer answers; a link may be dialled anew right now. */
async function answers(client: ControlClient, peer: string): Promise<boolean> {
  const deadline = performance.now() + answerMsMax
  while (performance.now() < deadline) {
    const isAnswered = await client.call('peerPing', { peer, timeout: pingMs }).then(
      () => true,
      () => false,
    )
    if (isAnswered) return true
    await sleep(pauseMs)
  }
  return false
}
