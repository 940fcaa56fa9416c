import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { print, printJson, suggest } from '../output.ts'

/** `status`. With `--json`: `StatusView`. */
export function statusCommand(): CommandUnknownOpts {
  return new Command('status')
    .addHelpText('after', examples('grapevine status', 'grapevine status --json'))
    .action(async (_options, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const status = await client.call('status', {})
      if (context.json) return printJson(status)
      const { statusScreen } = await import('../status-screen.ts')
      await print(statusScreen(status, Date.now()))
      const connected = status.peers.some((peer) => peer.state === 'connected')
      suggest(connected ? `next: ${context.self} peer ls` : `others join with: ${context.self} ticket`)
    })
}
