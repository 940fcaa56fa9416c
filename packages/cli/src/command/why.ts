import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { requireEnd, requireIdArgument } from '../message-id.ts'
import { print, printJson, suggest } from '../output.ts'

/** `why ID`. With `--json`: `WhyView`. */
export function whyCommand(): CommandUnknownOpts {
  return new Command('why')
    .argument('<id>', 'a message id, or its first 6 digits or more')
    .addHelpText('after', examples('grapevine why $(grapevine pub chat hello)'))
    .action(async (text, _options, command) => {
      const context = contextOf(command)
      const id = requireIdArgument(text)
      const client = await clientOf(context)
      const why = await client.call('why', { id: id.prefix })
      requireEnd(why.id, id)
      if (context.json) return printJson(why)
      const { whyStory } = await import('../why-story.ts')
      await print(whyStory(why))
      suggest(`as data: ${context.self} why ${why.id.slice(0, 12)} --json`)
    })
}
