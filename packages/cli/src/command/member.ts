import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { memberForgetCommand } from './member-forget.ts'
import { memberLsCommand } from './member-ls.ts'
import { memberProbeCommand } from './member-probe.ts'
import { memberShowCommand } from './member-show.ts'

/** `member`: its verbs are in files of their own. */
export function memberCommand(): CommandUnknownOpts {
  return new Command('member')
    .description('show who is in the network, who has failed, and who left')
    .addCommand(memberLsCommand())
    .addCommand(memberShowCommand())
    .addCommand(memberProbeCommand())
    .addCommand(memberForgetCommand())
    .addHelpText('after', examples('grapevine member ls --status failed', 'grapevine member show Qm7xKd'))
}
