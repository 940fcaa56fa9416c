import { resolve } from 'node:path'
import type { RelayView } from '@grapevine/node/relay/run'
import { type Context, homeOf } from '../context.ts'
import { describe } from '../failure.ts'
import { reportToLauncher } from '../launch.ts'
import { watchLine } from '../log-line.ts'
import { isOnce, type OnceOptions, withNodeOnce } from '../once.ts'
import { endEchoedLine, note, printJson, suggest } from '../output.ts'
import { loadRelay } from './load.ts'
import { relayLine } from './line.ts'

/** Options of `relay run`; `launched` says that this process was started by another one that waits for its report. */
export interface RelayRunOptions extends OnceOptions {
  readonly watch?: true | undefined
  readonly detach?: true | undefined
  readonly launched?: true | undefined
}

/** Runs a relay in front until a signal, or in the background. */
export async function relayRun(file: string, options: RelayRunOptions, context: Context): Promise<void> {
  if (options.detach === true) {
    const { detachRelay } = await import('./detach.ts')
    return detachRelay(file, options, context)
  }
  if (options.watch === true) {
    const { watchRelay } = await import('./watch.ts')
    return watchRelay(file, options, context)
  }
  if (!isOnce(options)) return runInFront(file, options, context)
  await withNodeOnce({ ...options, topics: [] }, context, (own) => runInFront(file, options, own))
}

async function runInFront(file: string, { launched }: RelayRunOptions, context: Context): Promise<void> {
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  // Once: a second signal ends the program as it would any other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  let isReady = false
  if (launched === true) {
    process.once('disconnect', () => {
      // The launcher was interrupted while it waited: its user does not want this relay.
      if (!isReady) end.abort()
    })
  }
  try {
    const { relay, files } = await loadRelay(file)
    process.send?.({ files })
    const [{ runRelay }, home] = await Promise.all([import('@grapevine/node/relay/run'), homeOf(context)])
    await runRelay(relay, {
      home,
      file: resolve(file),
      signal: end.signal,
      ...(launched !== true && { onLine: (level, text, fields) => note(watchLine(level, text, fields)) }),
      onReady(view) {
        isReady = true
        void sayReady(view, launched === true, context)
      },
    })
  } catch (error) {
    const failed = describe(error)
    if (launched === true && failed !== undefined && !isReady) {
      isReady = true
      await reportToLauncher({ failed })
    }
    throw error
  }
}

async function sayReady(view: RelayView, isLaunched: boolean, context: Context): Promise<void> {
  if (isLaunched) return reportToLauncher({ ready: view })
  if (context.json) return printJson(view)
  note(relayLine(view))
  suggest(`from another terminal: ${context.self} relay status ${view.relay}; Ctrl-C stops it`)
}
