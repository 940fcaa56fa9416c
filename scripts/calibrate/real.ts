import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { setTimeout as sleep } from 'node:timers/promises'
import { Fleet, Lab, passageOf, type Passage } from '@grapevine/node/lab'
import type { Dial } from '@grapevine/sim/mesh'

const program = fileURLToPath(new URL('../../packages/cli/dist/bundle/main.js', import.meta.url))

/** A network and what is sent over it. Times in ms. */
export interface Plan {
  readonly dials: readonly Dial[]
  /** From the node of the row to that of the column, one way. */
  readonly ms: readonly (readonly number[])[]
  readonly messages: number
  readonly intervalMs: number
  readonly bytes: number
}

/** What real processes did. */
export interface RealRun {
  readonly passages: readonly Passage[]
  /** When each entered the topic. */
  readonly joinAt: readonly number[]
  /** Neighbours in the mesh of each. */
  readonly mesh: readonly number[]
  /** Connections of each. */
  readonly connections: readonly number[]
  /** Whether they came before other programs. */
  readonly isFirst: boolean
}

/** Between the last message and the questions: a heartbeat that announces, and a second round of it. */
const settleMs = 3_000
/** Until the mesh does not change any more. */
const warmMs = 5_000

/** Runs messages through real processes, once. */
export async function runReal({ dials, ms, messages, intervalMs, bytes }: Plan): Promise<RealRun> {
  const nodes = ms.length
  await using lab = await Lab.open(nodes)
  for (const [from, row] of ms.entries())
    for (const [to, delayMs] of row.entries()) if (from < to) await lab.link({ delayMs }, [from, to])
  await using fleet = await Fleet.open({ program: [process.execPath, program], nodes, dials, lab })
  const isFirst = comeFirst([...fleet.nodes.map(({ pid }) => pid), process.pid], 1) && comeFirst([lab.pid], 2)
  const joinAt = await fleet.join('calibrate')
  await sleep(warmMs)
  const published: { readonly id: string; readonly author: number }[] = []
  for (let message = 0; message < messages; message++) {
    const author = message % nodes
    const body = Buffer.alloc(bytes, message + 1)
    const { id } = await fleet.nodes[author]!.client.call('publish', { topic: 'calibrate' }, { body })
    published.push({ id, author })
    await sleep(intervalMs)
  }
  await sleep(settleMs)
  const passages: Passage[] = []
  for (const { id, author } of published) passages.push(await passageOf(fleet, id, author))
  const statuses = await Promise.all(fleet.nodes.map((node) => node.status()))
  const mesh = statuses.map(({ topics }) => topics.find(({ topic }) => topic === 'calibrate')?.mesh ?? 0)
  return { passages, joinAt, mesh, connections: fleet.degrees, isFirst }
}

/**
 * Gives processes a priority of real time, so that what else runs on the machine does not decide how late a message is. They
 * have little to do while messages are measured.
 */
function comeFirst(pids: readonly (number | undefined)[], priority: number): boolean {
  return pids.every((pid) => spawnSync('chrt', ['-a', '-r', '-p', String(priority), String(pid)]).status === 0)
}
