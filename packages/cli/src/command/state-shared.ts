import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { duration, integer, nonEmpty } from '../option.ts'
import { note, print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

const limitDefault = 1000

/** `state shared`: values that every node can write, of which the last write counts. */
export function stateSharedCommand(): CommandUnknownOpts {
  return new Command('shared')
    .description('values that every node can write: the last write counts, and of two at once one is lost')
    .addCommand(setCommand())
    .addCommand(getCommand())
    .addCommand(rmCommand())
    .addCommand(lsCommand())
    .addCommand(watchCommand())
    .addHelpText('after', examples('grapevine state shared set leader anna', 'grapevine state shared get leader'))
}

/** With `--json`: `SharedView`. */
function setCommand(): CommandUnknownOpts {
  return new Command('set')
    .description('write a shared value, over all writes that this node has seen')
    .argument('<shared>', 'the key')
    .argument('[value]', 'the value, - for all of standard input')
    .option('--file <path>', 'the value is what this file holds', nonEmpty)
    .addHelpText('after', examples('grapevine state shared set leader anna'))
    .action(async (key, value, { file }, command) => {
      const { setShared } = await import('../state-set.ts')
      await setShared(key, value, file, contextOf(command))
    })
}

/** With `--json`: `SharedView`. */
function getCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('print a shared value as this node sees it now: its exact bytes, escaped on a terminal')
    .argument('<shared>', 'the key')
    .addHelpText('after', examples('grapevine state shared get leader'))
    .action(async (key, _options, command) => {
      const context = contextOf(command)
      const view = await (await clientOf(context)).call('sharedValue', { key })
      if (context.json) return printJson(view)
      const { printValue } = await import('../state-line.ts')
      await printValue(view)
    })
}

/** With `--json`: `{key}`. */
function rmCommand(): CommandUnknownOpts {
  return new Command('rm')
    .description('delete a shared value, over all writes that this node has seen')
    .argument('<shared>', 'the key')
    .addHelpText('after', examples('grapevine state shared rm leader'))
    .action(async (key, _options, command) => {
      const context = contextOf(command)
      const answer = await (await clientOf(context)).call('sharedRemove', { key })
      await (context.json ? printJson(answer) : print(`deleted ${safe(answer.key)}`))
    })
}

/** With `--json`: an array of `SharedView`. */
function lsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list shared values, counters and groups: kind, key, what it is now, and how many nodes write it')
    .addOption(new Option('--kind <kind>', 'of this kind only').choices(['value', 'counter', 'group'] as const))
    .option('--match <glob>', 'only keys that match: * any characters, ? one', nonEmpty)
    .option('--limit <n>', 'at most so many', integer(1, 10_000), limitDefault)
    .addHelpText(
      'after',
      examples('grapevine state shared ls', "grapevine state shared ls --kind counter --match 'hits/*'"),
    )
    .action(async ({ kind, match, limit }, command) => {
      const context = contextOf(command)
      const query = { limit, ...(kind !== undefined && { kind }), ...(match !== undefined && { match }) }
      const found = await (await clientOf(context)).call('shared', query)
      if (context.json) return printJson(found)
      if (found.length === 0) {
        note('no shared keys')
        return suggest(`next: ${context.self} state shared set leader anna`)
      }
      const { sharedLines } = await import('../state-line.ts')
      await print(sharedLines(found, Date.now()).join('\n'))
      if (found.length === limit) note(`these are the first ${limit}; more with --limit`)
    })
}

/** With `--json`: one `SharedChangeView` a line, `WatchReadyView` behind those present, or `GapView`. */
function watchCommand(): CommandUnknownOpts {
  return new Command('watch')
    .description('print shared values, counters and groups, then each that becomes another; Ctrl-C ends it')
    .argument('[glob...]', 'only keys that match one of these: * any characters, ? one')
    .option('--new', 'begin with the next change')
    .option('--count <n>', 'end after this many keys and changes', integer(1, Number.MAX_SAFE_INTEGER))
    .option('--timeout <duration>', 'end after this long; with --count unmet, exit code 4', duration)
    .option('--reconnect', 'when the node stops, wait for it and go on, instead of ending with exit code 1')
    .addHelpText('after', examples('grapevine state shared watch', "grapevine state shared watch 'hits/*' --new"))
    .action(async (match, options, command) => {
      const { watchShared } = await import('../state-watch.ts')
      await watchShared(match, options, contextOf(command))
    })
}
