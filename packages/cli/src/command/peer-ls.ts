import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { clientOf, contextOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `peer ls`. With `--json`: an array of `PeerView`. */
export function peerLsCommand(): CommandUnknownOpts {
  return new Command('ls')
    .description('list connected peers')
    .option('--all', 'list all known peers, and why they are not connected')
    .addHelpText('after', examples('grapevine peer ls', 'grapevine peer ls --all --json'))
    .action(async ({ all }, command) => {
      const context = contextOf(command)
      const client = await clientOf(context)
      const peers = await client.call('peers', { all: all === true })
      if (context.json) return printJson(peers)
      if (peers.length === 0) {
        note(all === true ? 'no peers known' : 'no peers connected')
        suggest(all === true ? `others join with: ${context.self} ticket` : `next: ${context.self} peer ls --all`)
        return
      }
      const { peerLines } = await import('../peer-line.ts')
      for (const line of peerLines(peers, Date.now())) await print(line)
      suggest(`next: ${context.self} status`)
    })
}
