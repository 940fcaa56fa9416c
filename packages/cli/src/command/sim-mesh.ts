import { Command, InvalidArgumentError, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { between, duration, integer, nonEmpty } from '../option.ts'
import { outHelp, reportHelp } from '../sim/output.ts'
import { parseSweep, sweepHelp } from '../sweep.ts'

/** Attacks and score settings that have a name; those of @grapevine/sim/mesh, which is not loaded for the help. */
export const attackNames = [
  'eclipse-single',
  'eclipse-net',
  'eclipse-publishers',
  'degrade',
  'cold-boot',
  'covert-flash',
  'colocation',
] as const

/** The same for score settings. */
export const scoreNames = ['none', 'stock', 'grapevine', 'hardening'] as const

/** `sim mesh`. With `--json`: one object with options, outcome and theory. */
export function simMeshCommand(): CommandUnknownOpts {
  return new Command('mesh')
    .description('send messages over a mesh as gossipsub v1.1 forms it, with attackers if wanted')
    .option('--nodes <n>', 'nodes (default: 1000; with --attack 100)', integer(4, 10_000_000))
    .option('--messages <n>', 'messages that are measured', integer(1, 1_000_000), 20)
    .option('--interval <ms>', 'time from one to the next', integer(1, 60_000), 200)
    .option('--seed <n>', 'the same seed gives the same result everywhere', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--static', 'a mesh that is given, of D neighbours each, without heartbeats: for millions of nodes')
    .option('--sweep <values>', sweepHelp)
    .option('--out <file>', outHelp, nonEmpty)
    .option('--report <file>', reportHelp, nonEmpty)
    .optionsGroup('The network:')
    .option('--dials <n>', 'others that each node connects to (default: 10; with --attack 20)', integer(1, 1000))
    .option(
      '--latency <ms>',
      'of a link, one way: 50; 40..130, evenly; exp:100, a mean; or world, by region (default: 50)',
      latency,
    )
    .option('--loss <part>', 'the part of all messages that is lost', between(0, 1))
    .option('--validation <ms>', 'how long a node checks a message before it passes it on', integer(0, 1000))
    .option('--handling <ms>', 'what sending and reading take beside the link; a process: 1 or 2', integer(0, 1000))
    .option('--uplink <mbps>', 'what a node sends, in Mbit/s (default: any amount)', between(0, 1_000_000))
    .option('--bytes <n>', 'size of a message (default: 256)', integer(1, 2 ** 30))
    .optionsGroup('gossipsub:')
    .option('--d <n>', 'neighbours that a node wants; the bounds follow (default: 6)', integer(3, 255))
    .option('--d-low <n>', 'fewest (default: D − 1)', integer(1, 255))
    .option('--d-high <n>', 'most (default: 2 D)', integer(1, 510))
    .option('--d-lazy <n>', 'others that are told what there is, each heartbeat (default: 6)', integer(0, 1000))
    .option('--gossip-factor <part>', 'the same, at least, as a part of all others (default: 0.25)', between(0, 1))
    .option('--heartbeat <ms>', 'time from one heartbeat to the next (default: 1000)', integer(10, 60_000))
    .option('--no-flood-publish', 'a publisher sends to its mesh only')
    .option(
      '--idontwant <bytes>',
      'messages of this size are refused beforehand; 0: never (default: 1024)',
      integer(0, 2 ** 30),
    )
    .optionsGroup('Attackers:')
    .addOption(
      new Option(
        '--attack <name>',
        'sybils as in the evaluation of gossipsub v1.1, 4 a node or fewer; only what comes after they came is measured',
      ).choices(attackNames),
    )
    .addOption(new Option('--scores <name>', 'how peers are scored (default: none)').choices(scoreNames))
    .option('--after <duration>', 'how long after they came the measurement begins (default: 10s)', duration)
    .addHelpText(
      'after',
      examples(
        'grapevine sim mesh',
        'grapevine sim mesh --nodes 500 --latency 40..130 --d 8 --loss 0.1',
        'grapevine sim mesh --static --d 8 --nodes 1000000 --messages 1 --latency 40..130',
        'grapevine sim mesh --attack covert-flash --scores grapevine',
        'grapevine sim mesh --sweep d=4..12 --nodes 500',
      ),
    )
    .action(async (options, command) => {
      const { simulateMesh } = await import('../mesh.ts')
      const { sweep, out, report, ...choice } = options
      await simulateMesh(choice, contextOf(command), {
        files: { out, report },
        sweep: sweep === undefined ? undefined : parseSweep(sweep, command),
      })
    })
}

/** How long links take, as `--latency` has it. */
type LatencyChoice =
  | { readonly law: 'constant'; readonly ms: number }
  | { readonly law: 'uniform'; readonly minMs: number; readonly maxMs: number }
  | { readonly law: 'exponential'; readonly meanMs: number }
  | { readonly law: 'world' }

/** Parser of an option that takes how long links take. */
function latency(text: string): LatencyChoice {
  if (text === 'world') return { law: 'world' }
  if (/^\d{1,5}$/.test(text)) return { law: 'constant', ms: Number(text) }
  const [, min, max] = /^(\d{1,5})\.\.(\d{1,5})$/.exec(text) ?? []
  if (Number(min) <= Number(max)) return { law: 'uniform', minMs: Number(min), maxMs: Number(max) }
  const [, mean] = /^exp:(\d{1,5})$/.exec(text) ?? []
  if (mean !== undefined) return { law: 'exponential', meanMs: Number(mean) }
  throw new InvalidArgumentError('It takes ms such as 50, 40..130 or exp:100; or world.')
}

/** What `sim mesh` was called with; what is absent has its default. */
export interface MeshChoice {
  readonly nodes?: number | undefined
  readonly messages: number
  readonly interval: number
  readonly seed: number
  readonly static?: true | undefined
  readonly dials?: number | undefined
  readonly latency?: LatencyChoice | undefined
  readonly loss?: number | undefined
  readonly validation?: number | undefined
  readonly handling?: number | undefined
  readonly uplink?: number | undefined
  readonly bytes?: number | undefined
  readonly d?: number | undefined
  readonly dLow?: number | undefined
  readonly dHigh?: number | undefined
  readonly dLazy?: number | undefined
  readonly gossipFactor?: number | undefined
  readonly heartbeat?: number | undefined
  readonly floodPublish: boolean
  readonly idontwant?: number | undefined
  readonly attack?: (typeof attackNames)[number] | undefined
  readonly after?: number | undefined
  readonly scores?: (typeof scoreNames)[number] | undefined
}
