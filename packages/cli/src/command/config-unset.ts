import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `config unset NAME`. With `--json`: `{name, value}`, the value that holds now. */
export function configUnsetCommand(): CommandUnknownOpts {
  return new Command('unset')
    .description('take an option out of config.toml: its default holds again')
    .argument('<name>', 'its name; config ls has them all')
    .addHelpText('after', examples('grapevine config unset log.level'))
    .action(async (given, _options, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { formatValue, loadConfig, optionName, options, readConfig, writeOption } =
        await import('@grapevine/node/config')
      const name = optionName(given, 'usage')
      if (readConfig(home)[name] !== undefined) writeOption(home, name, undefined)
      const value = loadConfig(home, { env: process.env }).config[name]
      if (context.json) return printJson({ name, value })
      await print(`${name} = ${formatValue(value) || (options[name].defaultMeans ?? '')}`)
      suggest(`next: ${context.self} config ls`)
    })
}
