import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration, integer, nonEmpty } from '../option.ts'

/** `on RULE… --exec COMMAND`. With `--json`: a line for each command that ended. */
export function onCommand(): CommandUnknownOpts {
  return new Command('on')
    .description('run commands when something happens to members, keys, topics or queries, until Ctrl-C')
    .argument(
      '[rule...]',
      'member-joined, member-suspect, member-failed, member-left, member-*; state:KEY or state:KEY=VALUE, with * and ?; topic:TOPIC; query:NAME',
    )
    .option(
      '--exec <command>',
      'a shell command for all rules: what it is about is in GRAPEVINE_EVENT, GRAPEVINE_MEMBER, … and in its standard input',
      nonEmpty,
    )
    .option('--rules <file>', 'rules from a file, a line each: RULE[,RULE…] COMMAND; # begins a remark', nonEmpty)
    .option('--jobs <n>', 'run this many commands at a time (default: 1)', integer(1, 1000))
    .option('--timeout <duration>', 'kill a command after this long', duration)
    .option('--reconnect', 'when the node stops, wait for it and go on, instead of ending with exit code 1')
    .addHelpText(
      'after',
      examples(
        `grapevine on member-failed member-left --exec 'echo "$GRAPEVINE_MEMBER_NAME: $GRAPEVINE_EVENT"'`,
        `grapevine on 'state:role=*' --exec 'echo "$GRAPEVINE_OWNER is now $(cat)"'`,
        "grapevine on topic:deploy --exec 'cat >> deploys' --jobs 4",
        'grapevine on --rules rules.txt --reconnect',
      ),
    )
    .action(async (rules, options, command) => {
      const { runOn } = await import('../on.ts')
      await runOn(rules, options, contextOf(command))
    })
}
