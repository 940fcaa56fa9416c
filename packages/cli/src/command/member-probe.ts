import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { duration, integer } from '../option.ts'
import { note, print, printJson } from '../output.ts'

const askDefault = 5

/** `member probe [MEMBER…]`. With `--json`: a `ProbeView`. Exit code 1 if a member is not well. */
export function memberProbeCommand(): CommandUnknownOpts {
  return new Command('probe')
    .description(
      'try to reach members, ask others to try as well, and say what is likely wrong: exit 0 only if all are well',
    )
    .argument('[member...]', `each by ${peerHelp}; default: all that have not left, 64 at most`)
    .option('--ask <n>', 'how many others try, drawn from the connected ones', integer(0, 16), askDefault)
    .option('--timeout <duration>', 'how long all may take, 1s to 30s (default: 10s)', duration)
    .addHelpText('after', examples('grapevine member probe', 'grapevine member probe Qm7xKd --ask 8'))
    .action(async (members, { ask, timeout }, command) => {
      const context = contextOf(command)
      const query = { member: members, ask, ...(timeout !== undefined && { timeout }) }
      const view = await (await clientOf(context)).call('probe', query)
      const isWell = view.members.every(({ verdict }) => verdict === 'fine' || verdict === 'slow')
      if (!isWell) process.exitCode = 1
      if (context.json) return printJson(view)
      if (view.members.length === 0) return note('no other members')
      const { probeLines } = await import('../probe-screen.ts')
      await print(probeLines(view).join('\n'))
      if (view.left > 0) note(`${view.left} more members were not tried: name them`)
    })
}
