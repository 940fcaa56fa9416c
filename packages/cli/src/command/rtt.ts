import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { CommandError } from '../failure.ts'
import { examples, peerHelp } from '../help.ts'
import { duration } from '../option.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `rtt [A] [B]`. With `--json`: a `RoundTripView`, or with `--all` an array of them. */
export function rttCommand(): CommandUnknownOpts {
  return new Command('rtt')
    .description('estimate the round trip between any two members, without asking them')
    .argument('[member]', `to whom from this node, or from whom: ${peerHelp}`)
    .argument('[to-member]', 'from the first to this one')
    .option('--all', 'to all members, from this node or from the one given')
    .option('--measure', 'ping as well, from this node to those that it is connected to')
    .option('--timeout <duration>', 'give up a ping after this long (default: 5s)', duration)
    .addHelpText(
      'after',
      examples('grapevine rtt Qm7xKd', 'grapevine rtt Qm7xKd server', 'grapevine rtt --all --measure'),
    )
    .action(async (member, second, { all = false, measure = false, timeout }, command) => {
      if (!all && member === undefined) {
        throw new CommandError('usage', 'which members?', 'give one or two, or --all')
      }
      if (all && second !== undefined) throw new CommandError('usage', '--all takes one member at most')
      const [from, to] = all ? [member] : second === undefined ? [undefined, member] : [member, second]
      const context = contextOf(command)
      const query = {
        measure,
        ...(from !== undefined && { from }),
        ...(to !== undefined && { to }),
        ...(timeout !== undefined && { timeout }),
      }
      const trips = await (await clientOf(context)).call('roundTrips', query)
      if (context.json) return printJson(all ? trips : trips[0])
      const { roundTripLine, roundTripLines } = await import('../rtt-line.ts')
      if (trips.length === 0) return note('no other members')
      await print((all ? roundTripLines(trips) : trips.map(roundTripLine)).join('\n'))
      if (trips.some(({ estimateMs }) => estimateMs === undefined))
        suggest('a node knows its place after some ten exchanges, and others half a minute later')
      else if (!all) suggest(`next: ${context.self} rtt --all`)
    })
}
