import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson } from '../output.ts'

/** `id`. With `--json`: `{peerId, name?}`. */
export function idCommand(): CommandUnknownOpts {
  return new Command('id').addHelpText('after', examples('grapevine id')).action(async (_options, command) => {
    const context = contextOf(command)
    const { identityOf } = await import('@grapevine/node/home')
    const identity = identityOf(await homeOf(context))
    await (context.json ? printJson(identity) : print(identity.peerId))
  })
}
