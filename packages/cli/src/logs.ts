import type { GapView, LogView } from '@grapevine/protocol/control'
import { clientIn, homeOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { logLine } from './log-line.ts'
import { endEchoedLine, note, plural, print, printJsonLine, suggest } from './output.ts'

/** Options of `logs`. */
export interface LogsOptions {
  readonly follow?: true | undefined
  readonly level: LogView['level']
  readonly last: number
}

/** Prints the last lines of a node's log, running or not, and with `follow` those that come. */
export async function showLogs({ follow, level, last }: LogsOptions, context: Context): Promise<void> {
  const home = await homeOf(context)
  if (follow === true) return followLog(home, { level, last }, context)
  const { readLog } = await import('@grapevine/node/home')
  const lines = readLog(home, { level, last })
  for (const line of lines) await show(line, context)
  if (lines.length === 0) note(`no lines of level ${level} in ${home}`)
  suggest(`next: ${context.self} logs --follow --level debug`)
}

async function followLog(
  home: string,
  query: { readonly level: LogView['level']; readonly last: number },
  context: Context,
): Promise<void> {
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const client = await clientIn(home)
  try {
    for await (const item of client.stream('logs', query, { signal: end.signal })) await show(item, context)
  } catch (error) {
    if (!end.signal.aborted) throw error
  }
  if (!end.signal.aborted) throw new CommandError('stopped', 'the node stopped')
}

async function show(item: LogView | GapView, { json }: Context): Promise<void> {
  if (json) return printJsonLine(item)
  const { gap } = item as Partial<GapView>
  if (gap !== undefined) note(`${plural(gap.missed ?? 0, 'line')} missed: this reader is too slow`)
  else await print(logLine(item as LogView))
}
