import { readFileSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { setTimeout as sleep } from 'node:timers/promises'

/** Others may take this part of the machine's processor time before a measurement counts as disturbed. */
export const othersMax = 0.15
const lookMs = 1_000

/** Processor time that everybody has taken on this machine so far, in µs; what its host took away counts too. */
export function machineMicros(): number {
  const [user, nice, system, , , irq, softirq, steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n')[0]!
    .trim()
    .split(/\s+/)
    .slice(1)
    .map(Number)
  return (user! + nice! + system! + irq! + softirq! + steal!) * 10_000
}

/** The part of the machine's processor time, 0 to 1, that a number of µs is over a time. */
export const shareOf = (micros: number, ms: number): number => Math.max(0, micros / 1000 / ms / availableParallelism())

/** Waits for a second in which nobody else does much, at most until a deadline (`performance.now()`). */
export async function untilQuiet(deadline: number): Promise<void> {
  while (performance.now() < deadline) {
    const [startedAt, before] = [performance.now(), machineMicros()]
    await sleep(lookMs)
    if (shareOf(machineMicros() - before, performance.now() - startedAt) <= othersMax) return
  }
}
