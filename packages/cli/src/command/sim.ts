import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { simBroadcastCommand } from './sim-broadcast.ts'
import { simCompareCommand } from './sim-compare.ts'
import { simEpidemicCommand } from './sim-epidemic.ts'
import { simMeshCommand } from './sim-mesh.ts'
import { simRunCommand } from './sim-run.ts'
import { simSeedsCommand } from './sim-seeds.ts'

/** `sim`: its verbs are in files of their own. */
export function simCommand(): CommandUnknownOpts {
  return new Command('sim')
    .addCommand(simEpidemicCommand())
    .addCommand(simMeshCommand())
    .addCommand(simBroadcastCommand())
    .addCommand(simRunCommand())
    .addCommand(simSeedsCommand())
    .addCommand(simCompareCommand())
    .addHelpText(
      'after',
      examples(
        'grapevine sim epidemic',
        'grapevine sim epidemic rumor --k 2 --runs 100',
        'grapevine sim mesh',
        'grapevine sim mesh --latency world --report mesh.html',
      ),
    )
}
