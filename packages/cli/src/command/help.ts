import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'

/** `help [COMMAND…]`. */
export function helpCommand(): CommandUnknownOpts {
  return new Command('help')
    .argument('[command...]', 'the command, for example: peer ls')
    .addHelpText('after', examples('grapevine help pub', 'grapevine help topic define'))
    .action((names, _options, command) => {
      let found: CommandUnknownOpts = command.parent!
      for (const name of names) {
        if (found.commands.length === 0) break
        const child = found.commands.find((one) => one.name() === name)
        // A group finds no command either, and says which one could be meant.
        if (child === undefined) found.parse([name], { from: 'user' })
        else found = child
      }
      found.help()
    })
}
