import { Argument, Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { between, integer, nonEmpty } from '../option.ts'
import { outHelp, reportHelp } from '../sim/output.ts'
import { parseSweep, sweepHelp } from '../sweep.ts'

/** What can be simulated. */
export const algorithms = ['anti-entropy', 'rumor', 'mail', 'fanout', 'death', 'plumtree', 'swim'] as const

/** One of {@link algorithms}. */
export type Algorithm = (typeof algorithms)[number]

const part = between(0, 1)
const count = integer(0, 1_000_000)

/** `sim epidemic [ALGORITHM]`. With `--json`: one object with options, values, theory and curve. */
export function simEpidemicCommand(): CommandUnknownOpts {
  return new Command('epidemic')
    .description('spread one update among many nodes as a textbook algorithm does, in cycles')
    .addArgument(
      new Argument('[algorithm]', 'which; docs/simulation.md is about each')
        .choices(algorithms)
        .default('anti-entropy'),
    )
    .option('--nodes <n>', 'nodes: up to 67,108,864; a push among ten million takes seconds', integer(2, 2 ** 26), 1000)
    .option('--runs <n>', 'how often; the table has the mean (default: 10; above 100,000 nodes 1)', integer(1, 1e9))
    .option('--seed <n>', 'the same seed gives the same result everywhere', integer(0, Number.MAX_SAFE_INTEGER), 1)
    .option('--sweep <values>', sweepHelp)
    .option('--out <file>', outHelp, nonEmpty)
    .option('--report <file>', reportHelp, nonEmpty)
    .optionsGroup('What goes wrong:')
    .option('--loss <part>', 'the part of the messages that is lost: 0 to 1', part)
    .option('--failed <part>', 'the part of the nodes that is down, for good', part)
    .option('--leave <part>', 'the chance of a node to go down, in a cycle (anti-entropy, rumor)', part)
    .option('--join <part>', 'the chance of such a node to be back, in a cycle', part)
    .optionsGroup('Anti-entropy and rumors:')
    .addOption(
      new Option('--mode <mode>', 'who tells whom (default: push)').choices(['push', 'pull', 'push-pull'] as const),
    )
    .option('--connections <n>', 'conversations a node takes in a cycle (default: any number)', integer(1, 255))
    .option('--hunt <n>', 'others that a node tries that was refused', integer(0, 255))
    .addOption(
      new Option('--space <shape>', 'nodes have places, and prefer near ones').choices(['ring', 'grid'] as const),
    )
    .option(
      '--exponent <a>',
      'how much: a node is chosen with the chance Q^-a, where Q are as near (default: 2)',
      between(0, 10),
    )
    .optionsGroup('Rumors:')
    .option(
      '--k <n>',
      'how long a node keeps telling: useless calls, or 1 / the chance to stop (default: 1)',
      integer(1, 255),
    )
    .option('--coin', 'stop by chance, instead of counting')
    .option('--blind', 'every call counts, not only those that were useless')
    .optionsGroup('Fanout: each node passes a message on once:')
    .option('--fanout <f>', 'to so many others on average (default: ln n + 2)', between(0.01, 255))
    .optionsGroup('Death certificates, in cycles:')
    .option('--keep <n>', 'all nodes keep a certificate so long (default: 20)', integer(1, 1_000_000))
    .option('--dormant <n>', 'and some of them so much longer (default: 200)', count)
    .option('--retention <n>', 'so many (default: 4)', count)
    .option('--lost <part>', 'the chance that one of them has lost it (default: 0)', part)
    .option('--away <n>', 'when the old copy comes back (default: 60)', integer(1, 1_000_000))
    .option('--rewrite <n>', 'when the item is written anew (default: never)', integer(1, 1_000_000))
    .optionsGroup('Plumtree and SWIM:')
    .option('--degree <n>', 'neighbours of a node in the overlay (default: 5)', integer(3, 255))
    .option(
      '--before <n>',
      'messages before those that fail do, and before the one that counts (default: 1)',
      integer(0, 1000),
    )
    .option('--mending <n>', 'messages in between (default: 0)', integer(0, 1000))
    .option('--patience <n>', 'hops to wait for what was announced (default: 3)', integer(1, 1000))
    .addOption(
      new Option('--targets <choice>', 'whom members ping (default: random)').choices(['random', 'turn'] as const),
    )
    .option('--proxies <n>', 'members asked to ping one that is silent (default: 1)', integer(0, 255))
    .option('--periods <n>', 'periods that are watched (default: 100)', integer(1, 1_000_000))
    .addHelpText(
      'after',
      examples(
        'grapevine sim epidemic',
        'grapevine sim epidemic rumor --k 2 --runs 1000',
        'grapevine sim epidemic rumor --sweep k=1..5 --runs 1000',
        'grapevine sim epidemic anti-entropy --nodes 10000000',
        'grapevine sim epidemic fanout --nodes 1000 --fanout 6.9 --runs 1000 --json',
      ),
    )
    .action(async (algorithm, options, command) => {
      const { simulateEpidemic } = await import('../epidemic.ts')
      const { sweep, out, report, ...choice } = options
      await simulateEpidemic(algorithm, choice, contextOf(command), {
        files: { out, report },
        sweep: sweep === undefined ? undefined : parseSweep(sweep, command),
      })
    })
}

/** What `sim epidemic` was called with; what is absent has its default. */
export interface EpidemicChoice {
  readonly nodes: number
  readonly seed: number
  readonly runs?: number | undefined
  readonly loss?: number | undefined
  readonly failed?: number | undefined
  readonly leave?: number | undefined
  readonly join?: number | undefined
  readonly mode?: 'push' | 'pull' | 'push-pull' | undefined
  readonly connections?: number | undefined
  readonly hunt?: number | undefined
  readonly space?: 'ring' | 'grid' | undefined
  readonly exponent?: number | undefined
  readonly k?: number | undefined
  readonly coin?: true | undefined
  readonly blind?: true | undefined
  readonly fanout?: number | undefined
  readonly keep?: number | undefined
  readonly dormant?: number | undefined
  readonly retention?: number | undefined
  readonly lost?: number | undefined
  readonly away?: number | undefined
  readonly rewrite?: number | undefined
  readonly degree?: number | undefined
  readonly before?: number | undefined
  readonly mending?: number | undefined
  readonly patience?: number | undefined
  readonly targets?: 'random' | 'turn' | undefined
  readonly proxies?: number | undefined
  readonly periods?: number | undefined
}
