import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'
import { table } from '../table.ts'

/** `config ls`. With `--json`: an array of `{name, value, origin}`; origin is `environment`, `file` or `default`. */
export function configLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list all options, their values, and where each comes from')
    .addHelpText('after', examples('grapevine config ls', 'grapevine config ls --json'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const { formatValue, loadConfig, optionNames, options, variableOf } = await import('@grapevine/node/config')
      const { config, origins } = loadConfig(await homeOf(context), { env: process.env })
      if (context.json) {
        return printJson(optionNames.map((name) => ({ name, value: config[name], origin: origins[name] })))
      }
      const rows = optionNames.map((name) => {
        const isDefault = origins[name] === 'default'
        const value = formatValue(config[name])
        const origin = { flag: '', environment: variableOf(name), file: 'config.toml', default: 'default' }[
          origins[name]
        ]
        return [name, safe(isDefault ? (options[name].defaultMeans ?? value) : value), origin]
      })
      for (const line of table(rows)) await print(line)
      suggest(`what they mean: docs/configuration.md; change one with: ${context.self} config set NAME VALUE`)
    })
}
