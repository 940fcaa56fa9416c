import { spawn, type ChildProcessWithoutNullStreams } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { createInterface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'
import { temporaryFolder } from '../temporary-home.ts'
import { dialForeign, until, type ForeignPeer } from '../test-network.ts'

const count = 150_000
const growthMax = 32 << 20

interface Memory {
  readonly rss: number
  readonly heapUsed: number
  readonly arrayBuffers: number
  readonly reasons: Readonly<Record<string, number>>
}

/** A node in another process, and a way to ask for its memory after a garbage collection. */
async function startVictim() {
  const script = fileURLToPath(new URL('./flood-victim.ts', import.meta.url))
  const child: ChildProcessWithoutNullStreams = spawn(process.execPath, [
    '--expose-gc',
    '--conditions=@grapevine/source',
    script,
    temporaryFolder(),
  ])
  onTestFinished(() => void child.kill('SIGKILL'))
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]()
  const read = async <T>(): Promise<T> => JSON.parse((await lines.next()).value as string) as T
  const facts = await read<{ address: string; network: string; peerId: string }>()
  const measure = async (): Promise<Memory> => {
    child.stdin.write('\n')
    return read<Memory>()
  }
  return { ...facts, measure }
}

/** Sends payloads in RPCs of about 50 KB, as fast as the stream takes them. */
async function flood(hostile: ForeignPeer, victim: string, payload: (index: number) => Uint8Array): Promise<void> {
  const topic = hostile.wireName('t')
  const perRpc = 300
  for (let sent = 0; sent < count; sent += perRpc) {
    const messages = Array.from({ length: perRpc }, (_, index) => ({ topic, data: payload(sent + index) }))
    hostile.inner.sendRpc(victim, { subscriptions: [], messages })
    const stream = hostile.inner.streamsOutbound.get(victim)?.rawStream
    await until(
      () => stream?.writeBufferLength ?? 0,
      (waiting) => waiting < 1 << 20,
      30_000,
    )
  }
}

/** The node's memory once it has decided on all that came: its counts stay the same. */
async function settled(victim: Awaited<ReturnType<typeof startVictim>>): Promise<Memory> {
  let last = await victim.measure()
  for (let same = 0; same < 3;) {
    await new Promise((resolve) => setTimeout(resolve, 100))
    const next = await victim.measure()
    same = JSON.stringify(next.reasons) === JSON.stringify(last.reasons) ? same + 1 : 0
    last = next
  }
  return last
}

/**
 * Live memory (heap and buffers after a garbage collection) that a flood adds, and a second one as large; and what the
 * second adds to the process. V8 takes working space for the rate, not for the number of messages: 25 to 240 MB of it
 * were seen in the first flood, 0 to 57 MB in the second, so that only the cheap flood has a bound on the process.
 */
async function growth(payloadOf: (hostile: ForeignPeer) => (index: number) => Uint8Array) {
  const victim = await startVictim()
  const hostile = await dialForeign({ ...victim, topics: ['t'] })
  const before = await settled(victim)
  await flood(hostile, victim.peerId, payloadOf(hostile))
  const after = await settled(victim)
  await flood(hostile, victim.peerId, payloadOf(hostile))
  const twice = await settled(victim)
  const live = ({ heapUsed, arrayBuffers }: Memory): number => heapUsed + arrayBuffers
  return {
    reasons: after.reasons,
    live: live(after) - live(before),
    liveTwice: live(twice) - live(before),
    rssAgain: twice.rss - after.rss,
  }
}

test('150,000 messages that are rejected leave at most 32 MiB behind in a node', async () => {
  const { reasons, live, rssAgain } = await growth(() => () => randomBytes(100))
  // Within a second of the tenth the sender is shut out, and the rest is not even looked at.
  expect(reasons['bad-encoding']).toBeGreaterThanOrEqual(10)
  expect(live).toBeLessThan(growthMax)
  expect(rssAgain).toBeLessThan(growthMax)
}, 120_000)

test('150,000 messages that nobody is punished for leave at most 32 MiB behind in a node', async () => {
  const { reasons, live, liveTwice } = await growth((hostile) => {
    const base = hostile.envelope('t', 'x'.repeat(60), { time: (Date.now() + 1e6) * 1000 })
    return () => {
      const bytes = Uint8Array.from(base)
      bytes.set(randomBytes(32), bytes.length - 40)
      return bytes
    }
  })
  expect(reasons).toMatchObject({ future: count })
  expect(live).toBeLessThan(growthMax)
  expect(liveTwice).toBeLessThan(growthMax)
}, 120_000)
