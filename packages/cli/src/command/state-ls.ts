import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples, peerHelp } from '../help.ts'
import { integer, nonEmpty } from '../option.ts'
import { note, print, printJson, suggest } from '../output.ts'

const limitDefault = 1000

/** `state ls`. With `--json`: an array of `StateView`. */
export function stateLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list keys of this node: whose, key, value, version and age')
    .option('--of <peer>', `those of this node instead: ${peerHelp}`, nonEmpty)
    .addOption(new Option('--all', 'those of all nodes').conflicts('of'))
    .option('--match <glob>', 'only keys that match: * any characters, ? one', nonEmpty)
    .option('--limit <n>', 'at most so many', integer(1, 10_000), limitDefault)
    .addHelpText('after', examples('grapevine state ls', "grapevine state ls --all --match 'role'"))
    .action(async ({ of, all, match, limit }, command) => {
      const context = contextOf(command)
      const query = {
        limit,
        ...(of !== undefined && { of }),
        ...(all && { all }),
        ...(match !== undefined && { match }),
      }
      const found = await (await clientOf(context)).call('state', query)
      if (context.json) return printJson(found)
      if (found.length === 0) {
        note('no keys')
        return suggest(`next: ${context.self} state set role=relay`)
      }
      const { stateLines } = await import('../state-line.ts')
      await print(stateLines(found, Date.now()).join('\n'))
      if (found.length === limit) note(`these are the first ${limit}; more with --limit`)
      suggest(`next: ${context.self} state watch`)
    })
}
