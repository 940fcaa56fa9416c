import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `network leave`. With `--json`: `{left: NetworkView}`. */
export function networkLeaveCommand(): CommandUnknownOpts {
  return new Command('leave')
    .description('take the network and its key out of this home; the node must be down')
    .option('--purge', 'forget held topics and known peers too')
    .addHelpText('after', examples('grapevine network leave', 'grapevine network leave --purge'))
    .action(async ({ purge }, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { leaveNetwork } = await import('@grapevine/node/home')
      const left = await leaveNetwork(home, { purge: purge === true })
      if (context.json) return printJson({ left })
      await print(`left ${left.name}`)
      suggest(`next: ${context.self} join TICKET --up, or: ${context.self} network create NAME --up`)
    })
}
