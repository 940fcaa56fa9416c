import { watch } from 'node:fs'
import { type Context, homeOf } from '../context.ts'
import { logLine } from '../log-line.ts'
import type { LogsOptions } from '../logs.ts'
import { endEchoedLine, print, printJsonLine } from '../output.ts'

/** `relay logs NAME`. Error `not-found`. */
export async function relayLogs(name: string, { follow, level, last }: LogsOptions, context: Context): Promise<void> {
  const { readRelay, relayDirectory } = await import('@grapevine/node/relay/run')
  const { readLog } = await import('@grapevine/node/home')
  const home = await homeOf(context)
  await readRelay(home, name)
  const directory = relayDirectory(home, name)
  let shown = ''
  const show = async (count: number): Promise<void> => {
    const lines = readLog(directory, { level, last: count }).map((line) => ({ line, text: JSON.stringify(line) }))
    // What comes behind the line that was shown last; lines that are alike to the millisecond are shown once.
    for (const { line, text } of lines.slice(lines.findLastIndex(({ text: known }) => known === shown) + 1)) {
      await (context.json ? printJsonLine(line) : print(logLine(line)))
      shown = text
    }
  }
  await show(last)
  if (follow !== true) return
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const watcher = watch(directory, { signal: end.signal })
  const { promise, resolve } = Promise.withResolvers<void>()
  let work = Promise.resolve()
  watcher.on('change', () => {
    work = work.then(() => show(1_000))
  })
  watcher.on('close', () => resolve())
  await promise
  await work
}
