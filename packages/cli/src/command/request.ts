import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, integer } from '../option.ts'

/** `request PEER NAME [BODY]`. With `--json`: an `AnswerView`. */
export function requestCommand(): CommandUnknownOpts {
  return new Command('request')
    .description('ask one member, and print its answer; exit code 4 if none comes in time')
    .argument('<peer>', `a member, by ${peerHelp}`)
    .argument('<name>', 'what is asked')
    .argument('[body]', 'what it is given, at most 8 KiB; - reads it from standard input')
    .option('--timeout <duration>', 'wait this long, at most 10m (default: 5s)', duration)
    .option('--relay-factor <n>', 'the answer comes through so many other peers too (default: 1)', integer(0, 8))
    .option('--raw', 'print the exact bytes')
    .addHelpText('after', examples('grapevine request laptop ping', 'grapevine request Qm7xKd load --timeout 1s'))
    .action(async (peer, name, body, options, command) => {
      const { request } = await import('../query.ts')
      await request(peer, name, body, options, contextOf(command))
    })
}
