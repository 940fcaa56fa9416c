import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `config get NAME`. With `--json`: `{name, value, origin}`. */
export function configGetCommand(): CommandUnknownOpts {
  return new Command('get')
    .description('print the value of an option')
    .argument('<name>', 'its name; config ls has them all')
    .addHelpText('after', examples('grapevine config get log.level'))
    .action(async (given, _options, command) => {
      const context = contextOf(command)
      const { formatValue, loadConfig, optionName, options } = await import('@grapevine/node/config')
      const name = optionName(given, 'usage')
      const { config, origins } = loadConfig(await homeOf(context), { env: process.env })
      if (context.json) return printJson({ name, value: config[name], origin: origins[name] })
      await print(formatValue(config[name]))
      suggest(options[name].does)
    })
}
