import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { type FSWatcher, watch } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { type Context, homeOf } from '../context.ts'
import { reportToLauncher } from '../launch.ts'
import { endEchoedLine, note } from '../output.ts'
import type { RelayRunOptions } from './run.ts'

/** Editors write a file in several steps: the last one within this time counts, in ms. */
const quietMs = 100

/** Runs a relay as a child, and anew each time that a file changes which it is made of; until a signal. */
export async function watchRelay(file: string, { launched }: RelayRunOptions, context: Context): Promise<void> {
  const home = await homeOf(context)
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const args = ['relay', 'run', resolve(file), '--home', home, ...(context.json ? ['--json'] : [])]
  if (launched === true) args.push('--launched')
  while (!end.signal.aborted) {
    const child = spawn(process.execPath, [...process.execArgv, process.argv[1]!, ...args], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    const closed = once(child, 'close')
    const changed = changeOf(child, resolve(file), end.signal)
    const ended = sayEnd(closed, end.signal)
    await changed
    if (child.exitCode === null && child.signalCode === null) child.kill('SIGTERM')
    await ended
    if (!end.signal.aborted) note(`${file} changed: the relay starts again`)
  }
}

async function sayEnd(closed: Promise<readonly unknown[]>, signal: AbortSignal): Promise<void> {
  const [code] = await closed
  if (code !== 0 && !signal.aborted) note('waiting for a change of the script')
}

/** Resolves once a file of the relay changes, or the signal fires. */
async function changeOf(child: ChildProcess, file: string, signal: AbortSignal): Promise<void> {
  const { promise, resolve: settle } = Promise.withResolvers<void>()
  const watched = new Set<string>()
  const watchers = new Map<string, FSWatcher>()
  let timer: NodeJS.Timeout | undefined
  const add = (path: string): void => {
    watched.add(path)
    const directory = dirname(path)
    if (watchers.has(directory)) return
    // The folder and not the file: editors put a new file in its place.
    const watcher = watch(directory, (_, name) => {
      if (name === null || !watched.has(resolve(directory, name))) return
      clearTimeout(timer)
      timer = setTimeout(settle, quietMs)
    })
    watcher.on('error', () => undefined)
    watchers.set(directory, watcher)
  }
  add(file)
  child.on('message', (message: { files?: readonly string[] }) => {
    for (const path of message.files ?? []) add(path)
    if (message.files === undefined) void reportToLauncher(message as Parameters<typeof reportToLauncher>[0])
  })
  signal.addEventListener('abort', () => settle(), { once: true })
  await promise
  clearTimeout(timer)
  for (const watcher of watchers.values()) watcher.close()
}
