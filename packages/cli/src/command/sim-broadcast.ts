import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { integer, nonEmpty } from '../option.ts'
import { outHelp, reportHelp } from '../sim/output.ts'

/** Graphs that have a name; those of @grapevine/sim/broadcast, which is not loaded for the help. */
export const topologyNames = ['line', 'grid', 'tree2', 'tree3', 'tree4', 'total', 'mesh'] as const

/** `sim broadcast`. With `--json`: one object with options and outcome. */
export function simBroadcastCommand(): CommandUnknownOpts {
  return new Command('broadcast')
    .description('run the broadcast workload of Gossip Glomers: messages an operation, and how soon all reads agree')
    .option('--nodes <n>', 'servers', integer(2, 10_000), 25)
    .addOption(
      new Option('--topology <name>', 'who is connected with whom; in a mesh at random')
        .choices(topologyNames)
        .default('mesh'),
    )
    .option('--d <n>', 'neighbours in a mesh', integer(3, 255), 6)
    .option('--latency <ms>', 'between servers, one way', integer(0, 60_000), 100)
    .option('--exponential', 'that is the mean, and each message takes its own time')
    .option('--rate <n>', 'operations a second, half of them reads', integer(1, 100_000), 100)
    .option('--seconds <n>', 'how long clients are at work', integer(1, 3600), 20)
    .option('--batch <ms>', 'a server gathers values so long, and passes them on together', integer(0, 60_000), 0)
    .option('--seed <n>', 'the same seed gives the same result everywhere', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--out <file>', outHelp, nonEmpty)
    .option('--report <file>', reportHelp, nonEmpty)
    .addHelpText(
      'after',
      examples('grapevine sim broadcast --topology tree4', 'grapevine sim broadcast --topology mesh --batch 60'),
    )
    .action(async (options, command) => {
      const { simulateBroadcast } = await import('../broadcast.ts')
      const { out, report, ...choice } = options
      await simulateBroadcast(choice, contextOf(command), { out, report })
    })
}

/** What `sim broadcast` was called with. */
export interface BroadcastChoice {
  readonly nodes: number
  readonly topology: (typeof topologyNames)[number]
  readonly d: number
  readonly latency: number
  readonly exponential?: true | undefined
  readonly rate: number
  readonly seconds: number
  readonly batch: number
  readonly seed: number
}
