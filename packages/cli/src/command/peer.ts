import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { peerLsCommand } from './peer-ls.ts'

/** `peer`: its verbs are in files of their own. */
export function peerCommand(): CommandUnknownOpts {
  return new Command('peer')
    .description('show other nodes')
    .addCommand(peerLsCommand())
    .addHelpText('after', examples('grapevine peer ls --all'))
}
