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

/** Sends payloads in RPCs of about 50 KB, as fast as the stream takes them, until all are out or the victim cuts it off. */
async function flood(hostile: ForeignPeer, victim: string, payload: (index: number) => Uint8Array): Promise<void> {
  const topic = hostile.wireName('t')
  const perRpc = 300
  for (let sent = 0; sent < count; sent += perRpc) {
    const messages = Array.from({ length: perRpc }, (_, index) => ({ topic, data: payload(sent + index) }))
    hostile.inner.sendRpc(victim, { subscriptions: [], messages })
    const stream = hostile.inner.streamsOutbound.get(victim)?.rawStream
    if (stream?.status !== 'open') return
    await until(
      () => (stream.status === 'open' ? stream.writeBufferLength : 0),
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
 * What a flood adds: to the process, and to live memory (heap and buffers after a garbage collection), there also by a
 * second one as large. V8 takes working space for the rate of a flood, whatever is kept: 200 to 240 MB where nobody is
 * punished, so only the flood whose sender is cut off has a bound on the process.
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
    process: after.rss - before.rss,
  }
}

test('a peer with 150,000 messages that are rejected makes a node’s process grow by at most 32 MiB', async () => {
  const { reasons, live, process } = await growth(() => () => randomBytes(100))
  // With the 64th it is cut off; what had come by then is still answered.
  expect(reasons['bad-encoding']).toBeGreaterThanOrEqual(64)
  expect(reasons['bad-encoding']).toBeLessThan(count / 10)
  expect(live).toBeLessThan(growthMax)
  expect(process).toBeLessThan(growthMax)
})

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
})
