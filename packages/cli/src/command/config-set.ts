import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `config set NAME VALUE`. With `--json`: `{name, value}`. */
export function configSetCommand(): CommandUnknownOpts {
  return new Command('set')
    .description('set an option in config.toml; it takes effect at the next start')
    .argument('<name>', 'its name; config ls has them all')
    .argument('<value>', 'its value; items of a list are separated by commas')
    .addHelpText(
      'after',
      examples('grapevine config set log.level debug', 'grapevine config set listen /ip4/127.0.0.1/tcp/4100'),
    )
    .action(async (given, text, _options, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { formatValue, optionName, parseValue, variableOf, writeOption } = await import('@grapevine/node/config')
      const name = optionName(given, 'usage')
      const value = parseValue(name, text, 'the command line', 'usage')
      const { initHome } = await import('@grapevine/node/home')
      await initHome(home)
      writeOption(home, name, value)
      const variable = variableOf(name)
      if (process.env[variable]) note(`${variable} in the environment is stronger than this`)
      if (context.json) return printJson({ name, value })
      await print(`${name} = ${formatValue(value)}`)
      suggest(`it takes effect at the next start: ${context.self} down; ${context.self} up --detach`)
    })
}
