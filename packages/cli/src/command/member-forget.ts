import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { print, printJson } from '../output.ts'

/** `member forget MEMBER`. With `--json`: `{peerId}`. */
export function memberForgetCommand(): CommandUnknownOpts {
  return new Command('forget')
    .description('forget a member that failed or left, and what it said, before the day after which all do')
    .argument('<member>', peerHelp)
    .addHelpText('after', examples('grapevine member forget Qm7xKd'))
    .action(async (member, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const forgotten = await client.call('memberForget', { member })
      if (context.json) return printJson(forgotten)
      await print(forgotten.peerId)
    })
}
