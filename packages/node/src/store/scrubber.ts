import { setTimeout as sleep } from 'node:timers/promises'
import type { TopicDamage } from './quarantine.ts'
import { type ScrubFound, scrubStart } from './scrub.ts'
import type { ScrubPosition } from './scrub-slice.ts'

/** What a scrub found, from where it began to the end. */
export interface ScrubReport {
  /** Records, and rows that point at records, that were looked at. */
  readonly rows: number
  readonly bytes: number
  /** Records and other rows that did not hold together. */
  readonly damaged: number
  /** Messages that are no longer in the store. */
  readonly lost: number
}

/** What a scrub needs. */
export interface Scrubbing {
  /** Looks at one slice. */
  readonly look: (position: ScrubPosition) => Promise<ScrubFound>
  /** Hears which messages went, and which came back. */
  readonly onDamage: (lost: readonly TopicDamage[], restored: readonly TopicDamage[]) => void
  /** Keeps where it is, now and then. */
  readonly remember?: (position: ScrubPosition) => Promise<void>
  /** Bytes a second at most. */
  readonly bytesPerSecond: number
  readonly signal: AbortSignal
}

/** Between two notes of where it is. */
const rememberMs = 30_000

/** Scrubs that are made in a row: what one puts right can bring to light what it could not see. */
const passesMax = 4

/** Scrubs the whole store, again while it finds something: a database that was made anew on the way counts as that. */
export async function scrubUntilClean(scrubbing: Scrubbing): Promise<ScrubReport> {
  let total: ScrubReport = { rows: 0, bytes: 0, damaged: 0, lost: 0 }
  for (let pass = 1; ; pass++) {
    const { rows, bytes, damaged, lost } = await scrubFrom(scrubStart, scrubbing)
    total = { rows, bytes, damaged: total.damaged + damaged, lost: total.lost + lost }
    if (damaged === 0 || pass === passesMax) return total
  }
}

/** Scrubs the store from a position to the end. */
export async function scrubFrom(start: ScrubPosition, scrubbing: Scrubbing): Promise<ScrubReport> {
  const { look, onDamage, remember, bytesPerSecond, signal } = scrubbing
  let position: ScrubPosition | undefined = start
  let [rows, bytes, damaged, lost, rememberedAt] = [0, 0, 0, 0, performance.now()]
  while (position !== undefined) {
    signal.throwIfAborted()
    const found: ScrubFound = await look(position)
    rows += found.rows
    bytes += found.bytes
    damaged += found.damaged
    for (const { keys } of found.lost) lost += keys.times.length
    if (found.lost.length > 0 || found.restored.length > 0) onDamage(found.lost, found.restored)
    position = found.next
    if (Number.isFinite(bytesPerSecond)) {
      await sleep((found.bytes * 1000) / bytesPerSecond, undefined, { signal, ref: false })
    }
    if (remember !== undefined && performance.now() - rememberedAt > rememberMs) {
      await remember(position ?? scrubStart)
      rememberedAt = performance.now()
    }
  }
  await remember?.(scrubStart)
  return { rows, bytes, damaged, lost }
}
