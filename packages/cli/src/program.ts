import { Command, type CommandUnknownOpts, Help } from '@commander-js/extra-typings'
import { commandTable } from './command-table.ts'
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

/**
 * The command line. Of commands that none of these words names, only the names are there; without words, and for the
 * commands that look at all others, everything is. Parsing throws instead of ending the process: {@link HelpShown}, or a
 * coded error.
 */
export async function createProgram(words?: readonly string[]): Promise<CommandUnknownOpts> {
  const program: CommandUnknownOpts = new Command('grapevine')
    .description('The gossip node that can tell you what happened to every message')
    .version(version, '-V, --version', 'show the version')
    .option('--home <dir>', "the node's home (default: GRAPEVINE_HOME, else ~/.grapevine)")
    .option('--node <name>', 'the node with the home ~/.grapevine-NAME')
    .option('--json', 'results and errors as JSON')
    .helpOption('-h, --help', 'show help')
    .configureHelp({ showGlobalOptions: true, subcommandTerm: termOf })
    .configureOutput({ outputError: () => undefined })
    .addHelpText(
      'after',
      examples('grapevine network create demo --up', 'grapevine sub chat', 'echo hello | grapevine pub chat -'),
    )
  const isWhole = words === undefined || words.some((word) => word === 'complete' || word === 'help')
  for (const [heading, entries] of commandTable) {
    for (const entry of entries) {
      const isMeant = isWhole || words.includes(entry.name)
      const command = isMeant ? await entry.load() : new Command(entry.name)
      program.addCommand(command.description(entry.description).helpGroup(heading))
    }
  }
  if (isWhole) program.addCommand((await import('./command/completion.ts')).completeCommand(), { hidden: true })
  settle(program, undefined)
  return program
}

const takes = new Map(commandTable.flatMap(([, entries]) => entries.map((entry) => [entry.name, entry.takes] as const)))

/** How the help lists a command, also one that is not loaded. */
function termOf(command: CommandUnknownOpts): string {
  const known = command.parent?.parent === null ? takes.get(command.name()) : undefined
  return known === undefined ? new Help().subcommandTerm(command) : `${command.name()} ${known}`.trimEnd()
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
    // An argument is no option, which commander names as what it is.
    const text = first!.replace(/^error: (command-argument )?/, '')
    throw new CommandError('usage', text, meant ?? `see: ${pathOf(command)} --help`)
  })
  for (const child of command.commands) settle(child, command)
}

function pathOf(command: CommandUnknownOpts): string {
  return command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`
}
