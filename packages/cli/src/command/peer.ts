import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { examples } from '../help.ts'
import { peerAddCommand } from './peer-add.ts'
import { peerAllowCommand } from './peer-allow.ts'
import { peerBlockCommand } from './peer-block.ts'
import { peerBlockedCommand } from './peer-blocked.ts'
import { peerConnectCommand } from './peer-connect.ts'
import { peerDisconnectCommand } from './peer-disconnect.ts'
import { peerLsCommand } from './peer-ls.ts'
import { peerPingCommand } from './peer-ping.ts'
import { peerRmCommand } from './peer-rm.ts'
import { peerShowCommand } from './peer-show.ts'

/** `peer`: its verbs are in files of their own. */
export function peerCommand(): CommandUnknownOpts {
  return new Command('peer')
    .addCommand(peerLsCommand())
    .addCommand(peerShowCommand())
    .addCommand(peerPingCommand())
    .addCommand(peerAddCommand())
    .addCommand(peerRmCommand())
    .addCommand(peerConnectCommand())
    .addCommand(peerDisconnectCommand())
    .addCommand(peerBlockCommand())
    .addCommand(peerAllowCommand())
    .addCommand(peerBlockedCommand())
    .addHelpText('after', examples('grapevine peer ls --all', 'grapevine peer ping Qm7xKd'))
}
