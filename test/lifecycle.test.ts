import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { Site, until, type Running } from './site.ts'

const loopback = ['--listen', '/ip4/127.0.0.1/tcp/0']

let site: Site
beforeEach(async () => {
  site = new Site()
  await site.ok(['network', 'create', 'demo'])
})
afterEach(() => site.close(undefined))

const isAlive = (pid: number): boolean =>
  existsSync(`/proc/${pid}/stat`) && !/\) Z /.test(readFileSync(`/proc/${pid}/stat`, 'latin1'))

async function upInFront(...args: string[]): Promise<Running> {
  const node = site.start(['up', ...loopback, ...args])
  await node.saw(' ready on ')
  return node
}

describe('a stop', () => {
  test.each(['SIGTERM', 'SIGINT', 'SIGHUP'] as const)(
    'by %s ends a node in front with exit code 0 and leaves no socket',
    async (signal) => {
      const node = await upInFront()
      node.child.kill(signal)
      expect(await node.outcome).toMatchObject({ code: 0, stderr: '' })
      expect(readdirSync(site.home()).filter((file) => ['control.sock', 'pid'].includes(file))).toEqual([])
    },
  )

  test('answers the lines that were taken, and tells their sender that the node stopped', async () => {
    const node = await upInFront()
    const publisher = site.start(['pub', 'chat', '-', '--lines'])
    const ids = (): string[] => publisher.stdout().split('\n').slice(0, -1)
    let sent = 0
    const more = (): void => {
      for (let i = 0; i < 200; i++) publisher.child.stdin?.write(`line ${sent++}\n`)
    }
    more()
    await until(ids, ({ length }) => length > 100)
    const feed = setInterval(more, 1)
    node.child.kill('SIGTERM')
    const { code, stderr } = await publisher.outcome
    clearInterval(feed)
    expect(code).toBe(1)
    // The second where the end came while it still wrote.
    expect(stderr).toMatch(/stop|the node closed the connection/)
    expect(ids().every((id) => /^[0-9a-f]{64}$/.test(id))).toBe(true)
    expect((await node.outcome).code).toBe(0)
  })

  test('ends readers with an error that says so', async () => {
    const node = await upInFront()
    const reader = site.start(['sub', 'chat'])
    await reader.saw('subscribed chat')
    node.child.kill('SIGTERM')
    expect(await reader.outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('the node stopped') })
  })

  test('of a node that starts waits for nothing', async () => {
    const node = site.start(['up', ...loopback])
    await until(() => existsSync(join(site.home(), 'pid')) || node.child.exitCode !== null, Boolean)
    node.child.kill('SIGTERM')
    expect((await node.outcome).code).toBe(0)
  })
})

describe('a node lives on', () => {
  test('when the reader of its output is gone', async () => {
    const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js')
    const shell = spawn('sh', ['-c', `"${process.execPath}" "${main}" up ${loopback.join(' ')} 2>&1 | true`], {
      env: { ...process.env, HOME: site.directory },
      stdio: 'ignore',
    })
    await until(
      () => site.run(['status', '--json']),
      ({ code }) => code === 0,
    )
    expect(await site.ok(['topic', 'add', 'chat'])).toContain('holding chat')
    expect(await site.ok(['down'])).toMatch(/^stopped/)
    if (shell.exitCode === null) await once(shell, 'exit')
  })

  test.skipIf(process.platform !== 'linux')('in the background when its terminal goes away', async () => {
    await site.ok(['up', '--detach', ...loopback])
    const pid = site.pid()
    process.kill(pid, 'SIGHUP')
    expect(await site.ok(['topic', 'add', 'chat'])).toContain('holding chat')
    expect(site.pid()).toBe(pid)
  })
})

test.each([
  ['nowhere/node.rec', 'its folder does not exist'],
  ['.grapevine', 'it is a folder'],
])('a recording that cannot be begun in %s is refused before the node starts', async (file, why) => {
  for (const args of [[], ['--detach']]) {
    const { code, stderr } = await site.run(['up', ...args, '--record', file])
    expect({ code, stderr }).toEqual({ code: 2, stderr: `error: ${file} cannot be written: ${why}\n` })
  }
})

const portOf = (address: string): number => Number(/\/tcp\/(\d+)/.exec(address)?.[1])

describe('an address that cannot be listened on is told in one line:', () => {
  const failed = async (address: string): Promise<string> => {
    const { code, stdout, stderr } = await site.run(['up', '--detach', '--listen', address])
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' })
    expect(stderr).toMatch(/^error: .+\nhint: .+\n$/)
    return stderr
  }

  test('a port in use; and the ticket does not name it', async () => {
    const server = createServer()
    await once(server.listen(0, '127.0.0.1'), 'listening')
    const { port } = server.address() as AddressInfo
    const before = await site.ok(['ticket'])
    expect(await failed(`/ip4/127.0.0.1/tcp/${port}`)).toContain(`port ${port} is in use`)
    expect(await site.ok(['ticket'])).toBe(before)
    server.close()
  })

  test('an address of another machine', async () => {
    expect(await failed('/ip4/192.0.2.77/tcp/4100')).toContain('192.0.2.77 is no address of this machine')
  })

  test('a name that nobody has', async () => {
    expect(await failed('/dns4/grapevine.invalid/tcp/4100')).toContain('grapevine.invalid has no address')
  })

  test.skipIf(process.getuid?.() === 0)('a port that only root may open', async () => {
    expect(await failed('/ip4/127.0.0.1/tcp/1')).toContain('may not open port 1')
  })
})

test('a port that ends with the node is not in a ticket made while the node is down, and is in one before', async () => {
  await site.ok(['config', 'set', 'listen', '/ip4/127.0.0.1/tcp/0'])
  await site.ok(['up', '--detach'])
  const up = await site.ok(['ticket'])
  await site.ok(['down'])
  const down = await site.ok(['ticket'])
  expect(up.length).toBeGreaterThan(down.length)
  await site.ok(['--node', 'b', 'join', down])
  expect(JSON.parse(await site.ok(['--node', 'b', 'network', 'show', '--json']))).toMatchObject({ bootstrap: [] })
})

test('a process id that went to another program after a crash does not make down fail', async () => {
  await site.ok(['up', '--detach', ...loopback])
  process.kill(site.pid(), 'SIGKILL')
  await until(
    () => isAlive(site.pid()),
    (alive) => !alive,
  )
  writeFileSync(join(site.home(), 'pid'), `${process.pid}\n`)
  expect(await site.ok(['down'])).toBe('not running')
  await site.ok(['up', '--detach', ...loopback])
})

test('what is in a home after ten starts and stops is what was there after one', async () => {
  const pids: number[] = []
  let files: string[] = []
  for (let round = 0; round < 10; round++) {
    await site.ok(['up', '--detach', ...loopback])
    pids.push(site.pid())
    await site.ok(['down'])
    const found = readdirSync(site.home()).toSorted()
    if (round === 0) files = found
    expect(found).toEqual(files)
  }
  expect(pids.filter(isAlive)).toEqual([])
})

const canLimit = spawnable('prlimit', ['--nofile=64', 'true'])

test.skipIf(!(await canLimit))(
  '200 connections under a limit of 64 descriptors are refused, the API answers, and afterwards all is well',
  async () => {
    const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js')
    const child = spawn('prlimit', ['--nofile=64', process.execPath, main, 'up', ...loopback], {
      env: { ...process.env, HOME: site.directory },
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    let said = ''
    child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()))
    await once(child.stdout, 'data')
    const { addresses } = JSON.parse(await site.ok(['status', '--json'])) as { addresses: string[] }
    let refused = 0
    const sockets: Socket[] = Array.from({ length: 200 }, () => {
      const socket = connect(portOf(addresses[0]!), '127.0.0.1')
      socket.on('error', () => undefined)
      return socket.on('close', () => refused++)
    })
    await until(
      () => refused,
      (count) => count >= 150,
    )
    expect(await site.ok(['topic', 'add', 'chat'])).toContain('holding chat')
    for (const socket of sockets) socket.destroy()
    await until(
      () => readdirSync(`/proc/${child.pid}/fd`).length,
      (count) => count < 40,
    )
    expect(said).toContain('few file descriptors')
    child.kill('SIGTERM')
    expect(await once(child, 'exit')).toEqual([0, null])
  },
)

const canMount = spawnable('unshare', ['--mount', '--map-root-user', 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt'])

test.skipIf(!(await canMount))('a full disk is named, and a node that runs goes on', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'grapevine-full-'))
  const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js')
  const script = `
    mount -t tmpfs -o size=1m tmpfs "$DISK" || exit 99
    g() { "$NODE" "$MAIN" --home "$DISK/h" "$@" 2>&1; echo "exit $?"; }
    fill() { dd if=/dev/zero of="$DISK/fill" bs=1k 2>/dev/null; }
    g network create demo > /dev/null
    fill; echo "= start"; g up --detach ${loopback.join(' ')}
    rm "$DISK/fill"; g up --detach ${loopback.join(' ')}; g pub chat x
    fill; echo "= new topic"; g topic add other; g topic ls
    echo "= known topic"; g pub chat y
    rm "$DISK/fill"; echo "= room again"; g topic add other
    fill; echo "= stop"; g down`
  const child = spawn('unshare', ['--mount', '--map-root-user', 'sh', '-c', script], {
    env: { ...process.env, DISK: folder, NODE: process.execPath, MAIN: main },
    stdio: ['ignore', 'pipe', 'inherit'],
  })
  let said = ''
  child.stdout.on('data', (chunk: Buffer) => (said += chunk.toString()))
  await once(child, 'close')
  rmSync(folder, { recursive: true })
  const parts = Object.fromEntries(said.split('= ').map((part) => [part.split('\n')[0], part]))
  expect(parts['start']).toMatch(/error: .*pid cannot be written: the disk is full\nhint: .+\nexit 1\n/)
  expect(parts['new topic']).toMatch(
    /topics\.json cannot be written: the disk is full\nhint: .+\nexit 1\nchat .*\nexit 0/,
  )
  expect(parts['known topic']).toMatch(/error: .*full.*\nhint: .+\nexit 1\n/)
  expect(parts['room again']).toContain('holding other')
  expect(parts['stop']).toMatch(/stopped .*\nexit 0/)
})

/** Whether a tool is there and may do that. */
async function spawnable(command: string, args: readonly string[]): Promise<boolean> {
  const child = spawn(command, args, { stdio: 'ignore' })
  try {
    return ((await once(child, 'exit')) as [number | null])[0] === 0
  } catch {
    return false
  }
}
