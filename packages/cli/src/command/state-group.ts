import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import type { SharedView } from '@grapevine/protocol/control'
import { clientOf, contextOf, type Context } from '../context.ts'
import { examples } from '../help.ts'
import { note, plural, print, printJson } from '../output.ts'
import { safe } from '../safe.ts'

/** `state group`: sets that every node can add to and remove from. */
export function stateGroupCommand(): CommandUnknownOpts {
  return new Command('group')
    .description('sets of elements that every node adds to and removes from; of both at once, adding wins')
    .addCommand(changeCommand('add'))
    .addCommand(changeCommand('rm'))
    .addCommand(lsCommand())
    .addHelpText('after', examples('grapevine state group add jobs build test', 'grapevine state group ls jobs'))
}

/** With `--json`: `SharedView`. */
function changeCommand(verb: 'add' | 'rm'): CommandUnknownOpts {
  const isAdd = verb === 'add'
  return new Command(verb)
    .description(
      isAdd ? 'add elements; those that are there stay' : 'remove elements; those that are not there do no harm',
    )
    .argument('<group>', 'the key')
    .argument('<element...>', 'the elements, of 1 to 1,024 bytes')
    .addHelpText('after', examples(`grapevine state group ${verb} jobs build`))
    .action(async (key, elements, _options, command) => {
      const context = contextOf(command)
      const change = { [isAdd ? 'add' : 'remove']: elements.map((text) => ({ text })) }
      const view = await (await clientOf(context)).call('groupChange', {}, { body: { key, ...change } })
      await (context.json ? printJson(view) : print(sizeOf(view)))
    })
}

/** With `--json`: `SharedView`. */
function lsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list the elements as this node sees them now, one a line, escaped')
    .argument('<group>', 'the key')
    .addHelpText('after', examples('grapevine state group ls jobs'))
    .action(async (key, _options, command) => {
      const context = contextOf(command)
      const view = await (await clientOf(context)).call('group', { key })
      await show(view, context)
    })
}

async function show(view: SharedView, { json }: Context): Promise<void> {
  if (json) return printJson(view)
  const { textOf } = await import('../state-line.ts')
  for (const element of view.elements ?? []) await print(textOf(element))
  if (view.count === 0) note(`${safe(view.key)} has no elements`)
}

const sizeOf = ({ key, count }: SharedView): string => `${safe(key)} has ${plural(Number(count), 'element')}`
