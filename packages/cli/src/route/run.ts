import { type FSWatcher, watch } from 'node:fs'
import { basename, dirname, resolve } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import type { Context } from '../context.ts'
import { describe } from '../failure.ts'
import { endEchoedLine, note, plural, print, printJson } from '../output.ts'
import { safe } from '../safe.ts'
import { table } from '../table.ts'
import { identityOf, readStreams } from './config.ts'
import type { EndpointConfig, StreamConfig } from './stream-config.ts'
import { runStream } from './stream.ts'

/** How long to wait before a stream that failed is tried again, in ms. */
const retryMs = 5_000
/** Editors write a file in several steps, in ms. */
const quietMs = 100

interface Running {
  readonly end: AbortController
  readonly done: Promise<void>
}

/** `route run FILE`: runs all streams until a signal. When the file changes, those that differ are ended and started. */
export async function routeRun(file: string, context: Context): Promise<void> {
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  // Once: a second signal ends the program as it would any other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const running = new Map<string, Running>()
  const apply = async (streams: readonly StreamConfig[]): Promise<void> => {
    const wanted = new Map(streams.map((stream) => [identityOf(stream), stream]))
    const gone = [...running].filter(([identity]) => !wanted.has(identity))
    for (const [identity, { end: stop }] of gone) {
      running.delete(identity)
      stop.abort()
    }
    await Promise.all(gone.map(([, { done }]) => done))
    for (const [identity, stream] of wanted) if (!running.has(identity)) running.set(identity, start(stream, context))
    note(`${file}: ${plural(streams.length, 'stream')}, ${gone.length} ended`)
  }
  const changes = new Changes(file, end.signal)
  await apply(await readStreams(file))
  while (await changes.next()) {
    try {
      await apply(await readStreams(file))
    } catch (error) {
      note(`error: ${describe(error)?.message ?? String(error)}; the streams go on as they were`)
    }
  }
  for (const { end: stop } of running.values()) stop.abort()
  await Promise.all([...running.values()].map(({ done }) => done))
}

/** `route check FILE`: reads the file and says what it would do. */
export async function routeCheck(file: string, context: Context): Promise<void> {
  const streams = await readStreams(file)
  if (context.json) return printJson(streams)
  const rows = streams.map(({ name, from, to, direction }) => [
    safe(name),
    safe(endText(from)),
    direction === 'both' ? '<->' : '->',
    safe(endText(to)),
  ])
  for (const line of table(rows)) await print(line)
}

function start(stream: StreamConfig, context: Context): Running {
  const end = new AbortController()
  const done = (async () => {
    while (!end.signal.aborted) {
      try {
        return await runStream(stream, context, end.signal)
      } catch (error) {
        const { message, hint } = describe(error) ?? { message: String(error) }
        note(`${stream.name}: ${safe(message)}${hint === undefined ? '' : ` (${safe(hint)})`}; trying again`)
        await delay(retryMs, undefined, { signal: end.signal }).catch(() => undefined)
      }
    }
  })()
  return { end, done }
}

/** Tells from now on whether a file has changed. */
class Changes {
  readonly #watcher: FSWatcher
  readonly #signal: AbortSignal
  #timer: NodeJS.Timeout | undefined
  #isChanged = false
  #wake: (() => void) | undefined

  constructor(file: string, signal: AbortSignal) {
    this.#signal = signal
    // The folder and not the file: editors put a new file in its place.
    this.#watcher = watch(dirname(resolve(file)), (_, name) => {
      if (name !== basename(file)) return
      clearTimeout(this.#timer)
      this.#timer = setTimeout(() => {
        this.#isChanged = true
        this.#wake?.()
      }, quietMs)
    })
    signal.addEventListener('abort', () => {
      clearTimeout(this.#timer)
      this.#watcher.close()
      this.#wake?.()
    })
  }

  /** Resolves at the next change, or one since the last call; to false once the signal has fired. */
  async next(): Promise<boolean> {
    while (!this.#isChanged && !this.#signal.aborted) await new Promise<void>((wake) => (this.#wake = wake))
    this.#isChanged = false
    return !this.#signal.aborted
  }
}

function endText(end: EndpointConfig): string {
  if ('command' in end) return `command ${end.command}`
  if ('file' in end) return `file ${end.file}`
  if ('http' in end) return end.http
  const where = end.node ?? end.home
  return where === undefined ? `topic ${end.topic}` : `topic ${end.topic} at ${where}`
}
