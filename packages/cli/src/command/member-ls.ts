import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { memberStatuses, tags } from '../option.ts'

/**
 * `member ls`, and `members` for short. With `--json`: an array of `MemberView`; with `--watch` one `MemberChangeView` a
 * line, or `GapView` where this reader was too slow.
 */
export function memberLsCommand(): CommandUnknownOpts {
  return listing(new Command('ls'))
}

/** `members`. */
export function membersCommand(): CommandUnknownOpts {
  return listing(new Command('members'))
}

function listing(command: Command): CommandUnknownOpts {
  return command
    .description('list the members of the network, as this node sees them')
    .option(
      '--status <status>',
      'only those that are so: alive, suspect, failed, left, or several with commas',
      memberStatuses,
    )
    .option('--tag <tag>', 'only those with this tag: KEY, KEY=VALUE or KEY=GLOB; more than once: all of them', tags)
    .option('--watch', 'go on with each change of a status, until Ctrl-C')
    .addHelpText(
      'after',
      examples(
        'grapevine members',
        "grapevine member ls --status failed,left --tag 'role=re*'",
        'grapevine member ls --watch',
      ),
    )
    .action(async (options, given) => {
      const { listMembers } = await import('../members.ts')
      await listMembers(options, contextOf(given))
    })
}
