import { spawn } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { fileURLToPath } from 'node:url'
import { afterAll, describe, expect, test } from 'vitest'

const main = fileURLToPath(new URL('../src/main.ts', import.meta.url))
const folder = mkdtempSync(join(tmpdir(), 'grapevine-cli-'))
const home = join(folder, 'home')

afterAll(() => rmSync(folder, { recursive: true, force: true }))

interface Outcome {
  readonly code: number | null
  readonly stdout: string
  readonly stderr: string
}

/** Runs the command line from source, with a home of its own and `input` on standard input. */
async function grapevine(args: readonly string[], input = ''): Promise<Outcome> {
  const { NODE_OPTIONS: _, ...env } = process.env
  const child = spawn(process.execPath, ['--conditions=@grapevine/source', main, ...args], {
    env: { ...env, GRAPEVINE_HOME: home, HOME: folder },
  })
  child.stdin.end(input)
  const closed = new Promise<number | null>((resolve) => child.on('close', resolve))
  const [stdout, stderr, code] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  return { code, stdout, stderr }
}

describe.concurrent('wrong usage ends with exit code 2 and a hint', () => {
  test.for([
    ['an unknown command', ['stauts'], 'did you mean status?'],
    ['an unknown verb', ['peer', 'lss'], 'did you mean ls?'],
    ['an unknown option', ['pub', 'chat', 'hi', '--tmeout', '4'], 'did you mean --timeout?'],
    ['neither a ticket nor a peer', ['join'], 'see: grapevine join --help'],
    ['a peer and no dialect', ['join', '--peer', '/ip4/192.0.2.7/tcp/4001'], 'see: grapevine join --help'],
    ['a ticket and a dialect', ['join', 'gv1x', '--dialect', 'pubsub'], 'give either a ticket or them'],
    ['a peer without an id', ['join', '--dialect', 'pubsub', '--peer', '/ip4/192.0.2.7/tcp/4001'], 'p2p/12D3KooW'],
    ['a missing argument', ['why'], 'see: grapevine why --help'],
    ['too many arguments', ['pub', 'chat', 'hello', 'world'], 'see: grapevine pub --help'],
    ['a number that is none', ['sub', 'chat', '--count', 'abc'], 'see: grapevine sub --help'],
    ['a duration that is none', ['sub', 'chat', '--timeout', '5x'], 'see: grapevine sub --help'],
    ['a format that is none', ['sub', 'chat', '--format', '%z'], 'see: grapevine sub --help'],
    ['a wildcard in a topic to publish in', ['pub', 'a*', 'hi'], 'grapevine topic ls'],
    ['a wildcard in a topic to read', ['sub', 'chat', 'x/#'], "sub --match 'GLOB'"],
    ['help for a command that is none', ['help', 'stauts'], 'did you mean status?'],
    ['a topic with a space', ['topic', 'add', 'a b'], 'a topic has 1 to 128 of'],
    ['two forms of output', ['sub', 'chat', '--raw', '--format', '%p'], 'choose one of them'],
    ['nothing to read', ['sub'], "sub --match '*'"],
    ['a glob with a space', ['sub', '--match', 'a b'], 'see: grapevine sub --help'],
    ['a node for once that is to read all', ['sub', '--once', '--match', '*'], 'leave out --match'],
    ['a network to join without a node for once', ['sub', 'chat', '--join', 'gv1x'], 'grapevine join TICKET'],
    ['a damaged ticket for once', ['pub', 'chat', 'hi', '--once', '--join', 'gv1bad'], 'it takes a whole ticket'],
    ['a message and a file', ['pub', 'chat', 'hi', '--file', 'x'], 'pub chat --file PATH'],
    ['lines and a count', ['pub', 'chat', '--lines', '--count', '2'], 'each line is one message'],
    ['an interval of a single message', ['pub', 'chat', 'hi', '--interval', '1'], 'one message has no next one'],
    [
      'a recording that is not there',
      ['replay', 'nothing.rec'],
      'cannot be read: there is no such file\nhint: recordings are made with: grapevine up --record FILE',
    ],
    [
      'a recording that is a folder',
      ['replay', '.', '--set', 'batch.max=1'],
      '. cannot be read: it is a folder\nhint: ',
    ],
    ['a query with a name that none may have', ['query', 'a b'], 'the name of a query has 1 to 128 of'],
    [
      'an argument that is no number',
      ['state', 'counter', 'add', 'hits', 'many'],
      "error: value 'many' is invalid for",
    ],
    ['a key without a value', ['state', 'set', 'role'], 'state set role --file PATH'],
    ['several values for a key', ['state', 'set', 'role', 'a', 'b'], 'state set KEY=VALUE KEY=VALUE'],
    ['a word among keys with values', ['state', 'set', 'a=b', 'c'], 'put a value with spaces in quotes'],
    ['a value and a file for it', ['state', 'set', 'a=b', '--file', 'x'], 'state set KEY --file PATH'],
    ['keys of one and of all', ['state', 'ls', '--all', '--of', 'x'], 'state ls --help'],
    ['what a counter cannot add', ['state', 'counter', 'add', 'hits', '1.5'], 'state counter add --help'],
    ['two payload rules', ['topic', 'define', 'chat', '--text', '--bytes'], 'see: grapevine topic define --help'],
    ['an id rule that is none', ['topic', 'define', 'chat', '--id', 'x'], 'see: grapevine topic define --help'],
    ['a rate of none', ['topic', 'define', 'chat', '--rate', '0'], 'see: grapevine topic define --help'],
    ['a definition from a file and one from options', ['topic', 'define', 'x.json', '--text'], 'change the file'],
    ['jobs without a command', ['sub', 'chat', '--jobs', '2'], 'say what to run'],
    ['a closed file descriptor', ['sub', 'chat', '--ready-fd', '93'], '--ready-fd 3'],
    ['a file descriptor that is Node’s own', ['sub', 'chat', '--ready-fd', '9'], '--ready-fd 3'],
    ['lines and a message', ['pub', 'chat', 'hi', '--lines'], 'pub chat - --lines'],
    ['something else than a message id', ['why', 'hello'], 'give the hex id'],
    ['an address that is none', ['up', '--listen', '127.0.0.1:80'], 'see: grapevine up --help'],
    ['two homes', ['status', '--home', '/tmp/x', '--node', 'y'], 'give one of them'],
    ['a name that no node may have', ['init', '--name', 'a b'], 'see: grapevine init --help'],
  ] as const)('%s', async ([, args, hint]) => {
    const { code, stdout, stderr } = await grapevine(args)
    expect(stderr).toMatch(/^error: .+\nhint: .+\n$/)
    expect(stderr).toContain(hint)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
  })

  test('and as JSON where that is asked for', async () => {
    const { code, stderr } = await grapevine(['stauts', '--json'])
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'usage', message: "unknown command 'stauts'", hint: 'did you mean status?' },
    })
    expect(code).toBe(2)
  })
})

test('no command, or a noun without its verb, shows help on standard error and exits 2', async () => {
  for (const args of [[], ['network']]) {
    const { code, stdout, stderr } = await grapevine(args)
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' })
    expect(stderr).toMatch(/^Usage: grapevine/)
  }
})

test('help and version go to standard output and exit 0', async () => {
  for (const args of [['--help'], ['help', 'pub'], ['network', 'create', '--help'], ['--version'], ['version']]) {
    const { code, stdout, stderr } = await grapevine(args)
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
    expect(stdout).not.toBe('')
  }
})

test('a damaged ticket is refused in one line', async () => {
  expect(await grapevine(['join', 'gv1bad'])).toEqual({
    code: 2,
    stdout: '',
    stderr: 'error: ticket is damaged (checksum). Copy it whole: it starts with gv1 and has no spaces.\n',
  })
  expect((await grapevine(['join', '-'], 'no ticket\n')).stderr).toMatch(/^error: that is not a ticket/)
})

test('without a running node, commands exit 3 and name the command that starts it', async () => {
  for (const args of [['status'], ['pub', 'chat', 'hi'], ['sub', 'chat'], ['peer', 'ls'], ['why', 'c0ffee']]) {
    const { code, stdout, stderr } = await grapevine([...args, '--node', 'other'])
    expect({ code, stdout }).toEqual({ code: 3, stdout: '' })
    expect(stderr).toBe('error: no node is running here\nhint: start it with: grapevine --node other up\n')
  }
})

test('a home with a long path is no other', async () => {
  const long = join(folder, 'x'.repeat(120))
  expect(await grapevine(['status', '--home', long])).toMatchObject({ code: 3 })
  expect(await grapevine(['down', '--home', long])).toMatchObject({ code: 0, stdout: 'not running\n' })
})

test('to stop a node that does not run is no failure', async () => {
  expect(await grapevine(['down'])).toEqual({ code: 0, stdout: 'not running\n', stderr: '' })
  expect(JSON.parse((await grapevine(['down', '--json'])).stdout)).toEqual({ stopped: false })
})

test('up without a network exits 78, names both ways to one, and leaves no home behind', async () => {
  const { code, stderr } = await grapevine(['up'])
  expect(code).toBe(78)
  expect(stderr).toContain('network create NAME')
  expect(stderr).toContain('join TICKET')
  expect(existsSync(home)).toBe(false)
})

test('a home is made once, and its id and ticket are shown while the node is down', async () => {
  const nodeA = ['--node', 'a']
  const first = await grapevine(['init', '--json', '--name', 'one', ...nodeA])
  const again = await grapevine(['init', '--json', ...nodeA])
  expect((await grapevine(['init', '--name', 'two', ...nodeA])).stderr).toContain('the name stays one')
  const made = JSON.parse(first.stdout) as { peerId: string; created: boolean }
  expect(made.created).toBe(true)
  expect(JSON.parse(again.stdout)).toEqual({ ...made, created: false })
  expect((await grapevine(['id', ...nodeA])).stdout).toBe(`${made.peerId}\n`)
  const network = await grapevine(['network', 'create', 'demo', ...nodeA])
  expect(network.stderr).toBe(`network demo, node …${made.peerId.slice(-6)}\n`)
  expect(network.stdout).toMatch(/^gv1[a-z2-7]+\n$/)
  expect((await grapevine(['ticket', ...nodeA])).stdout).toBe(network.stdout)
  expect(await grapevine(['join', '-', '--node', 'b'], network.stdout)).toEqual({
    code: 0,
    stdout: 'joined demo\n',
    stderr: '',
  })
  expect((await grapevine(['network', 'create', 'second', ...nodeA])).code).toBe(78)
})
