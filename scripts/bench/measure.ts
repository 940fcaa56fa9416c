import { setTimeout as sleep } from 'node:timers/promises'
import { machineMicros, shareOf } from './quiet.ts'
import type { Site } from './site.ts'

/** What one run of a flood gave. */
export interface FloodResult {
  /** Messages a second that reached every receiver. */
  readonly rate: number
  /** Of the publisher, in µs a message. */
  readonly publisherMicros: number
  /** Of the receivers, in µs for each message at each of them. */
  readonly receiverMicros: number
  /** Largest resident memory among the processes, in bytes. */
  readonly memoryPeak: number
  /** Messages that some receiver never got. */
  readonly lost: number
  /** Part of the machine, 0 to 1, that other processes took meanwhile. */
  readonly others: number
}

/** What one run of a steady stream gave. */
export interface PaceResult {
  readonly p50: number
  readonly p99: number
  /** Of all processes, in µs for each message at each receiver. */
  readonly micros: number
  readonly memoryPeak: number
  readonly lost: number
  readonly others: number
}

/** How long a flood runs before it counts, and then; in ms. */
export interface Timing {
  readonly warmMs: number
  readonly measureMs: number
}

/** Messages on their way at most between two processes, among more, and bytes. Enough that nobody waits for room. */
const windowMax = { two: 4_096, many: 1_024 }
const windowBytesMax = 2 << 20
/** How long nothing may arrive before what is missing counts as lost. */
const silenceMs = 10_000
/** Messages go to a program in multiples of this: the most that a program packs into one. */
export const packMax = 32

/**
 * A flood from the first process to all others, in a closed loop: what every receiver has told of makes room for as much
 * again. So that nothing has to be lost, and no queue decides.
 */
export async function flood(site: Site, size: number, { warmMs, measureMs }: Timing): Promise<FloodResult> {
  const { publisher, receivers } = site
  const fitting = Math.min(receivers.length === 1 ? windowMax.two : windowMax.many, Math.floor(windowBytesMax / size))
  const every = fitting >= 8 * packMax ? Math.floor(fitting / 8 / packMax) * packMax : Math.ceil(fitting / 8)
  const window = every * 8
  let sent = 0
  let isOpen = true
  const refill = (): void => {
    const room = Math.min(...receivers.map(({ received }) => received)) + window - sent
    if (!isOpen || room < every) return
    publisher.tell({ do: 'publish', count: room, size, first: sent })
    sent += room
  }
  for (const receiver of receivers) {
    receiver.report(every)
    receiver.onReceived = refill
  }
  refill()
  await sleep(warmMs)
  const before = await look(site)
  await sleep(measureMs)
  const after = await look(site)
  isOpen = false
  const deliveries = after.deliveries - before.deliveries
  const messages = deliveries / receivers.length
  const lost = await drain(site, sent)
  return {
    rate: (messages / (after.at - before.at)) * 1000,
    publisherMicros: (after.publisherMicros - before.publisherMicros) / messages,
    receiverMicros: (after.receiverMicros - before.receiverMicros) / deliveries,
    memoryPeak: memoryPeak(site),
    lost,
    others: shareOf(after.othersMicros - before.othersMicros, after.at - before.at),
  }
}

/** A message from each process in turn, `rate` a second in all, for `warmMs` and then `measureMs`. */
export async function pace(
  site: Site,
  { size, rate, warmMs, measureMs }: Timing & { readonly size: number; readonly rate: number },
): Promise<PaceResult> {
  const { members } = site
  const [warmCount, count] = [warmMs, measureMs].map((ms) => Math.round((ms / 1000) * rate)) as [number, number]
  await run(site, { size, rate, first: 0, count: warmCount })
  const [startedAt, before, othersBefore] = [performance.now(), cpuMicros(site), othersMicros(site)]
  await run(site, { size, rate, first: warmCount, count })
  const spent = cpuMicros(site) - before
  const others = shareOf(othersMicros(site) - othersBefore, performance.now() - startedAt)
  const latencies = (await Promise.all(members.map((member) => member.latencies()))).flat().toSorted((a, b) => a - b)
  const expected = count * (members.length - 1)
  return {
    p50: at(latencies, 0.5) / 1000,
    p99: at(latencies, 0.99) / 1000,
    micros: spent / expected,
    memoryPeak: memoryPeak(site),
    lost: expected - latencies.length,
    others,
  }
}

async function run(
  { members }: Site,
  { size, rate, first, count }: { size: number; rate: number; first: number; count: number },
): Promise<void> {
  for (const member of members) member.report(count * 2)
  const startedAt = performance.now()
  for (let index = 0; index < count; index++) {
    await sleep(Math.max(0, startedAt + (index * 1000) / rate - performance.now()))
    members[index % members.length]!.tell({ do: 'publish', count: 1, size, first: first + index })
  }
  // What was published last is on its way, and a program may be behind.
  const deadline = performance.now() + silenceMs
  const missing = async (): Promise<number> => {
    const statuses = await Promise.all(members.map((member) => member.status()))
    return count * (members.length - 1) - statuses.reduce((sum, { received }) => sum + received, 0)
  }
  while ((await missing()) > 0 && performance.now() < deadline) await sleep(100)
}

/** Waits until every receiver has all of it, or nothing comes any more; resolves to what the worst is missing. */
async function drain({ receivers }: Site, sent: number): Promise<number> {
  let sumBefore = -1
  let quietSince = performance.now()
  for (;;) {
    const received = await Promise.all(receivers.map(async (receiver) => (await receiver.status()).received))
    const sum = received.reduce((total, count) => total + count, 0)
    if (sum >= sent * receivers.length) return 0
    if (sum > sumBefore) quietSince = performance.now()
    sumBefore = sum
    if (performance.now() - quietSince > silenceMs) return sent - Math.min(...received)
    await sleep(50)
  }
}

interface Look {
  readonly at: number
  readonly deliveries: number
  readonly publisherMicros: number
  readonly receiverMicros: number
  readonly othersMicros: number
}

async function look(site: Site): Promise<Look> {
  const statuses = await Promise.all(site.receivers.map((receiver) => receiver.status()))
  const publisherMicros = site.publisher.cpuMicros
  return {
    at: performance.now(),
    othersMicros: othersMicros(site),
    deliveries: statuses.reduce((sum, { received }) => sum + received, 0),
    publisherMicros,
    receiverMicros: cpuMicros(site) - publisherMicros,
  }
}

/** Of everybody but the processes of the benchmark. */
function othersMicros(site: Site): number {
  const { user, system } = process.cpuUsage()
  return machineMicros() - cpuMicros(site) - user - system
}

const cpuMicros = (site: Site): number => site.members.reduce((sum, member) => sum + member.cpuMicros, 0)

const memoryPeak = (site: Site): number => Math.max(...site.members.map((member) => member.memoryPeak))

const at = (sorted: readonly number[], part: number): number => sorted[Math.floor((sorted.length - 1) * part)] ?? NaN
