import { Command, type CommandUnknownOpts } from '@commander-js/extra-typings'
import { consumerCommand } from './command/consumer.ts'
import { configCommand } from './command/config.ts'
import { completeCommand, completionCommand } from './command/completion.ts'
import { downCommand } from './command/down.ts'
import { evidenceCommand } from './command/evidence.ts'
import { helpCommand } from './command/help.ts'
import { historyCommand } from './command/history.ts'
import { idCommand } from './command/id.ts'
import { initCommand } from './command/init.ts'
import { joinCommand } from './command/join.ts'
import { logsCommand } from './command/logs.ts'
import { networkCommand } from './command/network.ts'
import { ticketCommand } from './command/network-ticket.ts'
import { outboxCommand } from './command/outbox.ts'
import { peerCommand } from './command/peer.ts'
import { pubCommand } from './command/pub.ts'
import { receiptCommand } from './command/receipt.ts'
import { statusCommand } from './command/status.ts'
import { subCommand } from './command/sub.ts'
import { topicCommand } from './command/topic.ts'
import { upCommand } from './command/up.ts'
import { versionCommand } from './command/version.ts'
import { whyCommand } from './command/why.ts'
import { CommandError } from './failure.ts'
import { examples } from './help.ts'
import { version } from './version.ts'

/** Thrown in place of an exit once help or version was shown. */
export class HelpShown extends Error {
  readonly exitCode: number

  constructor(exitCode: number) {
    super('help was shown')
    this.exitCode = exitCode
  }
}

const groups: readonly (readonly [heading: string, commands: readonly (() => CommandUnknownOpts)[]])[] = [
  ['Network:', [networkCommand, joinCommand, ticketCommand]],
  ['Node:', [upCommand, downCommand, statusCommand, logsCommand, configCommand, initCommand, idCommand]],
  [
    'Messages:',
    [
      pubCommand,
      subCommand,
      historyCommand,
      whyCommand,
      topicCommand,
      consumerCommand,
      outboxCommand,
      receiptCommand,
      evidenceCommand,
    ],
  ],
  ['Peers:', [peerCommand]],
  ['Other:', [completionCommand, versionCommand, helpCommand]],
]

/** The whole command line. Parsing throws instead of ending the process: {@link HelpShown}, or a coded error. */
export function createProgram(): CommandUnknownOpts {
  const program: CommandUnknownOpts = new Command('grapevine')
    .description('The gossip node that can tell you what happened to every message')
    .version(version, '-V, --version', 'show the version')
    .option('--home <dir>', "the node's home (default: GRAPEVINE_HOME, else ~/.grapevine)")
    .option('--node <name>', 'the node with the home ~/.grapevine-NAME')
    .option('--json', 'results and errors as JSON')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true })
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      'after',
      examples('grapevine network create demo --up', 'grapevine sub chat', 'echo hello | grapevine pub chat -'),
    )
  for (const [heading, commands] of groups) {
    for (const make of commands) program.addCommand(make().helpGroup(heading))
  }
  program.addCommand(completeCommand(), { hidden: true })
  settle(program, undefined)
  return program
}

/** Settings that commander passes on only to commands that it makes itself. */
function settle(command: CommandUnknownOpts, parent: CommandUnknownOpts | undefined): void {
  if (parent !== undefined) command.copyInheritedSettings(parent)
  // Ours, once for all: commander's own shows the help of a group where there is no such command.
  command.helpCommand(false)
  command.exitOverride((error) => {
    if (error.exitCode === 0) throw new HelpShown(0)
    // A group without its verb: commander has shown its help on standard error.
    if (error.code === 'commander.help') throw new HelpShown(2)
    const [first, suggestion] = error.message.split('\n')
    const meant = suggestion?.replace(/^\(Did you mean (.*)\?\)$/, 'did you mean $1?')
    throw new CommandError('usage', first!.replace(/^error: /, ''), meant ?? `see: ${pathOf(command)} --help`)
  })
  for (const child of command.commands) settle(child, command)
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
