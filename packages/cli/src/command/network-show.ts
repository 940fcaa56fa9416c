import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { hostPort } from '../address.ts'
import { contextOf, homeOf } from '../context.ts'
import { CommandError } from '../failure.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'
import { safe } from '../safe.ts'

/** `network show`. With `--json`: `NetworkView`. */
export function networkShowCommand(): CommandUnknownOpts {
  return new Command('show')
    .description('show the network of this home; its key is never shown')
    .addHelpText('after', examples('grapevine network show'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { readNetwork } = await import('@grapevine/node/home')
      const network = readNetwork(home)
      if (network === undefined) throw new CommandError('no-network', `${home} is in no network`)
      if (context.json) return printJson(network)
      const kind = network.private ? 'private: peers need its key' : 'public'
      await print(`${safe(network.name)} (${kind})`)
      await print(`id       ${network.id}`)
      await print(`dialect  ${network.dialect}`)
      await print(
        `joined by ${network.bootstrap.map((address) => safe(hostPort(address))).join(', ') || 'nobody: started here'}`,
      )
      suggest(`others join with: ${context.self} ticket`)
    })
}
