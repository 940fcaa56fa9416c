import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { nodeName } from '../option.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `init`. With `--json`: `{home, created, peerId, port, name?}`. */
export function initCommand(): CommandUnknownOpts {
  return new Command('init')
    .option('--name <name>', 'a name for this node, for people', nodeName)
    .addHelpText('after', examples('grapevine init --name laptop'))
    .action(async ({ name }, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { initHome, readNetwork } = await import('@grapevine/node/home')
      const result = await initHome(home, { name })
      if (context.json) return printJson({ home, ...result })
      await print(`${result.created ? 'made' : 'kept'} ${home}: ${result.peerId}, port ${result.port}`)
      if (name !== undefined && name !== result.name) {
        note(
          `the name stays ${result.name === undefined ? 'unset' : result.name}: init changes nothing in a home that is there`,
        )
      }
      if (readNetwork(home) !== undefined) suggest(`next: ${context.self} up`)
      else suggest(`next: ${context.self} network create demo --up, or: ${context.self} join TICKET --up`)
    })
}
