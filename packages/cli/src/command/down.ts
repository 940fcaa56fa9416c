import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `down`. With `--json`: `{stopped, pid?}`; `stopped` is false if no node was running, which is no failure. */
export function downCommand(): CommandUnknownOpts {
  return new Command('down').addHelpText('after', examples('grapevine down')).action(async (_options, command) => {
    const context = contextOf(command)
    const { stopNode } = await import('../stop.ts')
    const pid = await stopNode(await homeOf(context))
    if (context.json) return printJson({ stopped: pid !== undefined, ...(pid !== undefined && { pid }) })
    await print(pid === undefined ? 'not running' : `stopped (process ${pid})`)
    suggest(`next: ${context.self} up --detach`)
  })
}
