import { mkdirSync } from 'node:fs'
import { join, resolve } from 'node:path'
import type { RelayView } from '@grapevine/node/relay/run'
import { type Context, homeOf } from '../context.ts'
import { CommandError } from '../failure.ts'
import { launch } from '../launch.ts'
import { print, printJson, suggest } from '../output.ts'
import { relayLine } from './line.ts'
import { loadRelay } from './load.ts'
import type { RelayRunOptions } from './run.ts'

/** Runs a relay in the background, and returns when it is ready. Fails as `relay run` would. */
export async function detachRelay(file: string, { watch, once }: RelayRunOptions, context: Context): Promise<void> {
  if (once === true)
    throw new CommandError(
      'usage',
      '--detach needs a node that stays',
      `leave out --once, and start one: ${context.self} up -d`,
    )
  const [home, { relay }] = await Promise.all([homeOf(context), loadRelay(file)])
  const { relayDirectory } = await import('@grapevine/node/relay/run')
  const directory = relayDirectory(home, relay.name)
  mkdirSync(directory, { recursive: true, mode: 0o700 })
  const args = ['relay', 'run', resolve(file), '--launched', '--home', home, ...(watch === true ? ['--watch'] : [])]
  const view = await launch<RelayView>(args, {
    cwd: process.cwd(),
    log: join(directory, 'relay.err'),
    what: 'the relay',
  })
  if (context.json) return printJson(view)
  await print(relayLine(view))
  suggest(`next: ${context.self} relay status ${view.relay}; ${context.self} relay stop ${view.relay}`)
}
