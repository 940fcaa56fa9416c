/** What the benchmarks of one node beside another have in common: signed messages of 100 bytes, one side in a process of its own. */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { createNode } from '@grapevine/node'
import type { Received } from './receiver.ts'

export type OurNode = Awaited<ReturnType<typeof createNode>>

export const topic = 'bench'
const payloadSize = 100
const warmCount = 2_000
/** Publishes that wait for their acknowledgement at once, as `pub --lines` has. */
const windowSize = 4_096

/** The receiver beside a node. */
export interface Receiver {
  /** Resolves when it has got so many more messages. */
  readonly ask: (count: number) => Promise<Received>
  /** Resolves when its process has ended. */
  readonly end: () => Promise<void>
}

/** Starts the receiver of a node in a home; resolves once it subscribes. */
export async function receiverFor(node: OurNode, home: string, delivery?: 'best-effort'): Promise<Receiver> {
  const program = fileURLToPath(new URL('receiver.ts', import.meta.url))
  const child = fork(program, [home, node.ticket(), topic, ...(delivery === undefined ? [] : [delivery])], {
    execArgv: ['--conditions=@grapevine/source'],
  })
  await once(child, 'message')
  return {
    ask: async (count) => {
      child.send(count)
      const [received] = (await once(child, 'message')) as [Received]
      return received
    },
    end: async () => {
      const gone = once(child, 'exit')
      child.disconnect()
      await gone
    },
  }
}

/** Messages one by one, whatever is measured afterwards: all of it runs with the same code warm. Resolves to how many. */
export async function warmUp(node: OurNode, { ask }: Receiver): Promise<number> {
  const warm = ask(warmCount)
  for (let sent = 0; sent < warmCount; sent++) await node.publish(topic, stamped())
  await warm
  return warmCount
}

/** What a flood came to. */
export interface Flooded {
  /** Messages a second, until the receiver had all. */
  readonly rate: number
  /** Processor time of each side, in µs a message. */
  readonly publisherMicros: number
  readonly receiverMicros: number
}

/** Publishes as fast as acknowledgements come. */
export async function flood(node: OurNode, count: number, { ask }: Receiver): Promise<Flooded> {
  const done = ask(count)
  const startedAt = performance.now()
  const cpu = process.cpuUsage()
  let sent = 0
  const lane = async (): Promise<void> => {
    while (sent < count) {
      sent++
      await node.publish(topic, stamped())
    }
  }
  await Promise.all(Array.from({ length: Math.min(windowSize, count) }, lane))
  const { cpuMicros } = await done
  const seconds = (performance.now() - startedAt) / 1000
  const { user, system } = process.cpuUsage(cpu)
  return { rate: count / seconds, publisherMicros: (user + system) / count, receiverMicros: cpuMicros / count }
}

let serial = 0
/** A payload of its own, with the time at which it was written. */
export function stamped(): Uint8Array {
  const bytes = Buffer.alloc(payloadSize)
  bytes.writeDoubleLE(performance.timeOrigin + performance.now(), 0)
  bytes.writeUInt32LE(serial++, 8)
  return bytes
}

/** The value behind a part of a sorted list. */
export const at = (sorted: readonly number[], part: number): number => sorted[Math.floor((sorted.length - 1) * part)]!

export const median = (list: readonly number[]): number =>
  at(
    list.toSorted((a, b) => a - b),
    0.5,
  )
