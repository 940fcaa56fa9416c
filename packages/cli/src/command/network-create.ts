import { Command, Option, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { contextOf, homeOf } from '../context.ts'
import { examples } from '../help.ts'
import { note, print, printJson, suggest } from '../output.ts'

/** `network create NAME`. With `--json`: `{network, peerId, ticket, status?}`, the last with `--up`. */
export function networkCreateCommand(): CommandUnknownOpts {
  return new Command('create')
    .description('start a network and print a ticket for others')
    .argument('<name>', '1 to 64 of A-Z a-z 0-9 . _ -')
    .option('--private', 'with a key that only tickets carry: whoever lacks it gets nowhere')
    .addOption(
      new Option('--dialect <dialect>', 'pubsub: signed gossipsub, as other libp2p programs speak it')
        .choices(['grapevine', 'pubsub'] as const)
        .default('grapevine' as const),
    )
    .option('--up', 'start the node in the background')
    .addHelpText(
      'after',
      examples('grapevine network create demo --up', 'grapevine network create team --private --up'),
    )
    .action(async (name, { up, private: isPrivate, dialect }, command) => {
      const context = contextOf(command)
      const home = await homeOf(context)
      const { createNetwork, identityOf, ticketOf } = await import('@grapevine/node/home')
      const network = await createNetwork(home, { name, private: isPrivate, dialect })
      const { peerId } = identityOf(home)
      if (up !== true) {
        const ticket = ticketOf(home)
        if (context.json) return printJson({ network, peerId, ticket })
        const { shortPeer } = await import('@grapevine/protocol')
        note(`network ${name}, node ${shortPeer(peerId)}`)
        await print(ticket)
        if (network.private) suggest(secret)
        suggest(`next: ${context.self} up`)
        return
      }
      const { ensureUp } = await import('../launch.ts')
      const { readyLine } = await import('../ready-line.ts')
      const { ticketIn } = await import('../ticket.ts')
      const { status } = await ensureUp({ home })
      const ticket = await ticketIn(home)
      if (context.json) return printJson({ network, peerId, ticket, status })
      note(readyLine(status))
      await print(ticket)
      if (network.private) suggest(secret)
      suggest(`on the other machine: grapevine join ${ticket} --up`)
    })
}

const secret = 'the ticket holds the key of the network: whoever has it can join'
