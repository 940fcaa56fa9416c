import { Command, type CommandUnknownOpts, InvalidArgumentError } from '@commander-js/extra-typings'
import type { SharedView } from '@grapevine/protocol/control'
import { clientOf, contextOf, type Context } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson } from '../output.ts'

/** `state counter`: counters that every node can add to. */
export function stateCounterCommand(): CommandUnknownOpts {
  return new Command('counter')
    .description('counters that every node adds to, also while it is cut off: nothing is lost or counted twice')
    .addCommand(addCommand())
    .addCommand(getCommand())
    .addHelpText('after', examples('grapevine state counter add hits', 'grapevine state counter get hits'))
}

/** With `--json`: `SharedView`. */
function addCommand(): CommandUnknownOpts {
  return new Command('add')
    .description('add to a counter, and print what it stands at as far as this node knows')
    .argument('<counter>', 'the key')
    .argument('[n]', 'how much: a whole number, below 0 to take away; default 1', wholeNumber)
    .addHelpText('after', examples('grapevine state counter add hits', 'grapevine state counter add stock -3'))
    .action(async (key, by = 1, _options, command) => {
      const context = contextOf(command)
      await show(await (await clientOf(context)).call('counterAdd', {}, { body: { key, by } }), context)
    })
}

/** With `--json`: `SharedView`. */
function getCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('print what a counter stands at as far as this node knows; 0 if nobody has counted')
    .argument('<counter>', 'the key')
    .addHelpText('after', examples('grapevine state counter get hits'))
    .action(async (key, _options, command) => {
      const context = contextOf(command)
      await show(await (await clientOf(context)).call('counter', { key }), context)
    })
}

const show = (view: SharedView, { json }: Context): Promise<void> =>
  json ? printJson(view) : print(String(view.count))

function wholeNumber(text: string): number {
  const value = /^[+-]?\d{1,16}$/.test(text) ? Number(text) : Number.NaN
  if (Number.isSafeInteger(value)) return value
  throw new InvalidArgumentError('It takes a whole number, of less than 2^53.')
}
