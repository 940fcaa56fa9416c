import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson } from '../output.ts'
import { version } from '../version.ts'

/** `version`. With `--json`: `{version, node, platform, arch}`. */
export function versionCommand(): CommandUnknownOpts {
  return new Command('version')
    .addHelpText('after', examples('grapevine version'))
    .action(async (_options, command) => {
      const { platform, arch } = process
      const node = process.versions.node
      if (contextOf(command).json) return printJson({ version, node, platform, arch })
      await print(`grapevine ${version} (Node ${node}, ${platform} ${arch})`)
    })
}
