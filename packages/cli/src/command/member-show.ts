import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `member show MEMBER`. With `--json`: `MemberView`. */
export function memberShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show what is known of a member')
    .argument('<member>', peerHelp)
    .addHelpText('after', examples('grapevine member show Qm7xKd'))
    .action(async (member, _options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const view = await client.call('member', { member })
      if (context.json) return printJson(view)
      const { memberScreen } = await import('../member-screen.ts')
      await print(memberScreen(view, Date.now()))
      suggest(`next: ${context.self} member ls`)
    })
}
