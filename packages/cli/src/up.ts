import { resolve } from 'node:path'
import type { Config } from '@grapevine/node/config'
import { homeOf, type Context } from './context.ts'
import { CommandError, describe } from './failure.ts'
import { checkWritable } from './file-error.ts'
import { ensureUp, reportToLauncher } from './launch.ts'
import { watchLine } from './log-line.ts'
import { endEchoedLine, liveOnClosedOutput, note, print, printJson, suggest } from './output.ts'
import { readyLine } from './ready-line.ts'

/** Options of `up`; `launched` says that this process is the background node of another one. */
export interface UpOptions {
  readonly detach?: true | undefined
  readonly listen?: readonly string[] | undefined
  readonly announce?: readonly string[] | undefined
  readonly api?: string | undefined
  readonly record?: string | undefined
  /** In bytes. */
  readonly recordMax?: number | undefined
  readonly recordActions?: true | undefined
  readonly launched?: true | undefined
}

/** Runs the node of a home, in front or in the background. Errors `no-network`, `running`, `listen`, `identity`, …. */
export async function up(options: UpOptions, context: Context): Promise<void> {
  const home = await homeOf(context)
  const { readNetwork } = await import('@grapevine/node/home')
  if (readNetwork(home) === undefined) {
    throw new CommandError('no-network', `${home} is in no network yet`)
  }
  if (options.record !== undefined) await checkWritable(options.record)
  await (options.detach === true ? detach(home, options, context) : run(home, options, context))
}

async function detach(home: string, options: UpOptions, context: Context): Promise<void> {
  const { listen, announce, api } = options
  const { status, started } = await ensureUp({ home, listen, announce, api, args: recordArgs(options) })
  if (!started && options.record !== undefined) {
    throw new CommandError(
      'running',
      `the node runs already (process ${status.pid}), and is not recorded from its start`,
      `to record it: ${context.self} down; and then up again`,
    )
  }
  if (!started && (listen ?? announce ?? api) !== undefined) {
    throw new CommandError(
      'running',
      `the node runs already (process ${status.pid}), with the addresses that it has`,
      `to change them: ${context.self} down; and then up again`,
    )
  }
  if (context.json) return printJson(status)
  await print(started ? readyLine(status) : `${readyLine(status)}, as process ${status.pid} already`)
  suggest(`others join with: ${context.self} ticket`)
}

async function run(home: string, options: UpOptions, context: Context): Promise<void> {
  const { listen, announce, api, launched } = options
  liveOnClosedOutput()
  let ready = false
  if (launched === true) {
    process.once('disconnect', () => {
      // The launcher was interrupted while it waited: its user does not want this node.
      if (!ready) process.kill(process.pid, 'SIGTERM')
    })
  }
  const { runNode } = await import('@grapevine/node/run')
  try {
    await runNode(home, {
      config: {
        ...(listen !== undefined && { listen }),
        ...(announce !== undefined && { announce }),
        ...(api !== undefined && { 'api.tcp': api }),
        ...recordConfig(options),
      },
      ignoreHangup: launched === true,
      ...(launched !== true && { onLine: (level, text, fields) => note(watchLine(level, text, fields)) }),
      onReady(status) {
        ready = true
        if (launched === true) {
          void reportToLauncher({ ready: status })
          return
        }
        process.once('SIGINT', endEchoedLine)
        void (context.json ? printJson(status) : print(readyLine(status)))
        if (!context.json) suggest(`others join with: ${context.self} ticket; Ctrl-C stops the node`)
      },
    })
  } catch (error) {
    const failed = describe(error)
    if (launched === true && failed !== undefined && !ready) {
      ready = true
      await reportToLauncher({ failed })
    }
    throw error
  }
}

/** The options of a recording, for the node. */
const recordConfig = ({ record, recordMax, recordActions }: UpOptions): Partial<Config> => ({
  ...(record !== undefined && { 'record.file': resolve(record) }),
  ...(recordMax !== undefined && { 'record.sizeMax': recordMax }),
  ...(recordActions === true && { 'record.actions': 'bytes' }),
})

/** The same, as another process of this program is told. */
const recordArgs = ({ record, recordMax, recordActions }: UpOptions): string[] => [
  ...(record === undefined ? [] : ['--record', resolve(record)]),
  ...(recordMax === undefined ? [] : ['--record-max', String(recordMax)]),
  ...(recordActions === true ? ['--record-actions'] : []),
]
