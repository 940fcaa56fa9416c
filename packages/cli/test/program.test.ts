import { expect, test } from 'vitest'
import { Help } from '@commander-js/extra-typings'
import { commandTable } from '../src/command-table.ts'
import { createProgram } from '../src/program.ts'

type Program = Awaited<ReturnType<typeof createProgram>>

const program = await createProgram()

const commands = (command: Program): Program[] => [command, ...command.commands.flatMap(commands)]

function helpOf(command: Program): string {
  let text = ''
  command.configureOutput({ writeOut: (part) => void (text += part) })
  command.outputHelp()
  return text
}

const pathOf = (command: Program): string =>
  command.parent === null ? command.name() : `${pathOf(command.parent)} ${command.name()}`

test('the commands are those of the product', () => {
  expect(commands(program).map(pathOf).toSorted()).toEqual(
    `grapevine
grapevine network
grapevine network create
grapevine network show
grapevine network leave
grapevine network ticket
grapevine join
grapevine ticket
grapevine up
grapevine down
grapevine status
grapevine logs
grapevine config
grapevine config ls
grapevine config get
grapevine config set
grapevine config unset
grapevine init
grapevine replay
grapevine id
grapevine pub
grapevine sub
grapevine validate
grapevine body
grapevine history
grapevine consumer
grapevine consumer ls
grapevine consumer show
grapevine consumer reset
grapevine consumer rm
grapevine topic history
grapevine topic export
grapevine topic import
grapevine why
grapevine topic
grapevine topic ls
grapevine topic show
grapevine topic define
grapevine topic add
grapevine topic rm
grapevine topic verify
grapevine topic sync
grapevine outbox
grapevine outbox ls
grapevine outbox retry
grapevine outbox cancel
grapevine receipt
grapevine receipt ls
grapevine receipt export
grapevine receipt verify
grapevine evidence
grapevine evidence ls
grapevine evidence show
grapevine evidence export
grapevine evidence verify
grapevine relay
grapevine relay run
grapevine relay ls
grapevine relay status
grapevine relay logs
grapevine relay stop
grapevine relay check
grapevine route
grapevine route run
grapevine route check
grapevine peer
grapevine peer ls
grapevine peer show
grapevine peer ping
grapevine peer add
grapevine peer rm
grapevine peer connect
grapevine peer disconnect
grapevine peer block
grapevine peer allow
grapevine peer blocked
grapevine state
grapevine state set
grapevine state get
grapevine state rm
grapevine state ls
grapevine state watch
grapevine state shared
grapevine state shared set
grapevine state shared get
grapevine state shared rm
grapevine state shared ls
grapevine state shared watch
grapevine state counter
grapevine state counter add
grapevine state counter get
grapevine state group
grapevine state group add
grapevine state group rm
grapevine state group ls
grapevine sim
grapevine sim epidemic
grapevine sim mesh
grapevine sim broadcast
grapevine sim run
grapevine sim seeds
grapevine sim compare
grapevine member
grapevine member ls
grapevine member show
grapevine member probe
grapevine member forget
grapevine members
grapevine rtt
grapevine query
grapevine request
grapevine respond
grapevine on
grapevine completion
grapevine complete
grapevine help
grapevine version`
      .split('\n')
      .toSorted(),
  )
})

test.each(commands(program).map((command) => [pathOf(command), command] as const))(
  'the help of %s has a description, the global options and an example that names the command',
  (path, command) => {
    const help = helpOf(command)
    expect(command.description()).not.toBe('')
    for (const option of ['--home <dir>', '--node <name>', '--json', '--help']) expect(help).toContain(option)
    const examples = help.slice(help.search(/^Examples?:$/m))
    expect(examples).toContain(path)
  },
)

test('options and arguments are described', () => {
  for (const command of commands(program)) {
    for (const option of command.options) expect(option.hidden ? option.flags : option.description).not.toBe('')
    for (const argument of command.registeredArguments) expect(argument.description).not.toBe('')
  }
})

test('the list of commands says what the commands themselves do, and is the same before they are loaded', async () => {
  for (const [, entries] of commandTable) {
    for (const { name, takes } of entries) {
      const command = program.commands.find((one) => one.name() === name)!
      expect(`${name} ${takes}`.trimEnd()).toBe(new Help().subcommandTerm(command))
    }
  }
  expect(helpOf(await createProgram(['--help']))).toBe(helpOf(program))
})

test('only the command that is meant is loaded', async () => {
  const { commands: loaded } = await createProgram(['--node', 'a', 'peer', 'ls'])
  expect(loaded.filter((one) => one.commands.length > 0).map((one) => one.name())).toEqual(['peer'])
})
