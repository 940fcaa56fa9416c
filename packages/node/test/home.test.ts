import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { decodeTicket } from '@grapevine/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { beginEpoch, endEpoch } from '../src/home/epoch.ts'
import { readHeldTopics } from '../src/home/held-topics.ts'
import {
  createNetwork,
  identityOf,
  initHome,
  joinNetwork,
  joinPubsub,
  leaveNetwork,
  readNetwork,
  requireNetwork,
  ticketOf,
} from '../src/home/index.ts'
import { holderOf, lockHome } from '../src/home/lock.ts'
import { readSettings } from '../src/home/settings.ts'
import { claimControlSocket, controlSocketOf } from '../src/home/socket-path.ts'
import { temporaryFolder } from './temporary-home.ts'

describe('the lock of a home', () => {
  async function holder(home: string) {
    const source = join(import.meta.dirname, '../src/home/lock.ts')
    const script = `const { lockHome } = await import(${JSON.stringify(source)})
      await lockHome(${JSON.stringify(home)}); console.log('locked'); setInterval(() => {}, 1000)`
    const child = spawn(process.execPath, ['--conditions=@grapevine/source', '--input-type=module', '-e', script])
    onTestFinished(() => void child.kill('SIGKILL'))
    await once(child.stdout, 'data')
    return child
  }

  test('keeps a second process out and names the first, and is free once that was killed', async () => {
    const home = temporaryFolder()
    const child = await holder(home)
    await expect(lockHome(home)).rejects.toMatchObject({
      code: 'running',
      message: expect.stringContaining(`${child.pid}`),
    })
    expect(await holderOf(home)).toEqual({ pid: child.pid })
    child.kill('SIGKILL')
    await once(child, 'exit')
    expect(await holderOf(home)).toBeUndefined()
    const lock = await lockHome(home)
    expect(await holderOf(home)).toEqual({ pid: process.pid })
    lock.release()
    expect(await holderOf(home)).toBeUndefined()
  })

  test('is free although its process id went to another program after a crash', async () => {
    const home = temporaryFolder()
    const child = await holder(home)
    child.kill('SIGKILL')
    await once(child, 'exit')
    writeFileSync(join(home, 'pid'), `${process.pid}\n`)
    expect(await holderOf(home)).toBeUndefined()
  })

  test('can be asked for at any time without keeping a node from starting', async () => {
    const home = temporaryFolder()
    for (let round = 0; round < 20; round++) {
      const asked = holderOf(home)
      const lock = await lockHome(home)
      await asked
      lock.release()
    }
  })

  test('keeps a second node of the same process out', async () => {
    const home = temporaryFolder()
    const lock = await lockHome(home)
    await expect(lockHome(home)).rejects.toMatchObject({ code: 'running' })
    lock.release()
    const again = await lockHome(home)
    again.release()
  })

  test('says so if its file is damaged, and not that somebody else runs the home', async () => {
    const garbage = temporaryFolder()
    writeFileSync(join(garbage, 'lock'), 'x'.repeat(5000))
    await expect(lockHome(garbage)).rejects.toMatchObject({ code: 'home' })
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'lock'))
    await expect(lockHome(folder)).rejects.toMatchObject({ code: 'home' })
  })
})

describe('the epoch', () => {
  test('grows with each life, also when the clock went back or stands still', () => {
    const home = temporaryFolder()
    const epochs = [1_000, 2_000, 500, 500, 3_000, 2_999.5].map((wall) => beginEpoch(home, wall))
    expect(epochs).toEqual([1_000, 2_000, 2_001, 2_002, 3_000, 3_001])
  })

  test('of a life after a clean stop is beyond all that the life signed, though the clock went back meanwhile', () => {
    const home = temporaryFolder()
    const epoch = beginEpoch(home, 1_000)
    endEpoch(home, epoch, 9_000)
    expect(beginEpoch(home, 8_000)).toBe(9_001)
  })

  test.each(['', 'x', '-1', '1.5', '9007199254740991', '9'.repeat(30)])('refuses a damaged file: %j', (content) => {
    const home = temporaryFolder()
    writeFileSync(join(home, 'epoch'), content)
    expect(() => beginEpoch(home, 1)).toThrow(expect.objectContaining({ code: 'home' }))
  })
})

describe('the control socket', () => {
  test('lies in the home, or elsewhere if that path is too long', () => {
    const short = temporaryFolder()
    expect(claimControlSocket(short, {})).toBe(join(short, 'control.sock'))
    const long = join(temporaryFolder(), 'x'.repeat(120))
    mkdirSync(long)
    const runtime = temporaryFolder()
    const path = claimControlSocket(long, { XDG_RUNTIME_DIR: runtime })
    expect(path.startsWith(runtime)).toBe(true)
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(100)
    expect(controlSocketOf(long)).toBe(path)
    expect(controlSocketOf(short)).toBe(join(short, 'control.sock'))
  })

  test('does not use a runtime folder whose path is too long as well', () => {
    const long = join(temporaryFolder(), 'x'.repeat(120))
    mkdirSync(long)
    const path = claimControlSocket(long, { XDG_RUNTIME_DIR: long })
    expect(Buffer.byteLength(path)).toBeLessThanOrEqual(100)
    expect(controlSocketOf(long)).toBe(path)
  })
})

describe('tickets of a home', () => {
  test('are made while the node is down, and lead another home into the same network', async () => {
    const a = join(temporaryFolder(), 'a')
    const made = await createNetwork(a, { name: 'demo' })
    const ticket = ticketOf(a)
    const b = join(temporaryFolder(), 'b')
    await joinNetwork(b, `${ticket}\n`)
    expect(readNetwork(b)).toMatchObject({ name: 'demo', id: made.id, private: false })
    const through = decodeTicket(ticketOf(b))
    expect(through.addresses.some((address) => address.endsWith(`/p2p/${identityOf(b).peerId}`))).toBe(true)
    expect(through.addresses.some((address) => address.endsWith(`/p2p/${identityOf(a).peerId}`))).toBe(true)
    expect(through.addresses.length).toBeLessThanOrEqual(8)
  })

  test('of a private network carry its key', async () => {
    const a = join(temporaryFolder(), 'a')
    await createNetwork(a, { name: 'demo', private: true })
    const ticket = ticketOf(a)
    expect(ticket.startsWith('gvs1')).toBe(true)
    const b = join(temporaryFolder(), 'b')
    await joinNetwork(b, ticket)
    expect(requireNetwork(b).preSharedKey).toEqual(requireNetwork(a).preSharedKey)
  })

  test('never lead back to the home itself, and joining twice changes nothing', async () => {
    const a = join(temporaryFolder(), 'a')
    await createNetwork(a, { name: 'demo' })
    await joinNetwork(a, ticketOf(a))
    expect(readNetwork(a)?.bootstrap).toEqual([])
    const b = join(temporaryFolder(), 'b')
    await joinNetwork(b, ticketOf(a))
    const first = readFileSync(join(b, 'network.json'))
    await joinNetwork(b, ticketOf(a))
    expect(readFileSync(join(b, 'network.json'))).toEqual(first)
  })

  test('of a network of dialect pubsub lead into it, and so does the address of a peer', async () => {
    const [a, b, c] = ['a', 'b', 'c'].map((name) => join(temporaryFolder(), name)) as [string, string, string]
    const made = await createNetwork(a, { name: 'demo', dialect: 'pubsub' })
    const ticket = ticketOf(a)
    expect(decodeTicket(ticket).dialect).toBe('pubsub')
    const [first, second] = decodeTicket(ticket).addresses
    await joinNetwork(b, ticket)
    expect(readNetwork(b)).toMatchObject({ name: 'demo', dialect: 'pubsub', id: made.id })
    await joinPubsub(c, { name: 'demo', peers: [first!] })
    expect(readNetwork(c)).toMatchObject({ name: 'demo', dialect: 'pubsub', id: made.id, bootstrap: [first] })
    // Without a name it is the one that the home is in.
    await joinPubsub(c, { peers: [second!] })
    expect(readNetwork(c)?.bootstrap).toEqual([second, first])
    await expect(joinPubsub(c, { name: 'other', peers: [first!] })).rejects.toMatchObject({ code: 'other-network' })
  })

  test('are not needed for a network of dialect pubsub, but peers with an Ed25519 id are', async () => {
    const home = join(temporaryFolder(), 'a')
    const join4 = (...peers: string[]): Promise<unknown> => joinPubsub(home, { peers })
    for (const peer of ['', '/ip4/192.0.2.7/tcp/4001', '/ip4/192.0.2.7/udp/4001/quic-v1/p2p/12D3KooW'])
      await expect(join4(peer)).rejects.toMatchObject({ code: 'usage' })
    const rsa = '/ip4/192.0.2.7/tcp/4001/p2p/QmYyQSo1c1Ym7orWxLYvCrM2EmxFTANf8wXmmE7DWjhx5N'
    await expect(join4(rsa)).rejects.toMatchObject({
      code: 'usage',
      message: expect.stringContaining('Ed25519') as string,
    })
    await expect(joinPubsub(home, { name: 'a b', peers: [] })).rejects.toMatchObject({ code: 'usage' })
    expect(existsSync(home)).toBe(false)
  })

  test('of another network are refused until the home left its own', async () => {
    const [a, b] = [join(temporaryFolder(), 'a'), join(temporaryFolder(), 'b')]
    await createNetwork(a, { name: 'one' })
    await createNetwork(b, { name: 'two' })
    await expect(joinNetwork(b, ticketOf(a))).rejects.toMatchObject({ code: 'other-network' })
    await expect(createNetwork(b, { name: 'three' })).rejects.toMatchObject({ code: 'other-network' })
    await leaveNetwork(b)
    expect(() => requireNetwork(b)).toThrow(expect.objectContaining({ code: 'no-network' }))
    await joinNetwork(b, ticketOf(a))
    expect(readNetwork(b)?.name).toBe('one')
  })

  test('that are damaged are the caller’s mistake, and make no home', async () => {
    const home = join(temporaryFolder(), 'a')
    await expect(joinNetwork(home, 'gv1bad')).rejects.toMatchObject({ code: 'usage' })
    expect(existsSync(home)).toBe(false)
  })
})

describe('a damaged file gives error home and stays as it is:', () => {
  const id = 'ab'.repeat(32)
  const network = (fields: object): string =>
    JSON.stringify({ name: 'n', id, dialect: 'grapevine', bootstrap: [], ...fields })
  const cases: readonly (readonly [string, string, (home: string) => unknown])[] = [
    ...[
      '',
      '{',
      'null',
      '5',
      '[]',
      '{}',
      '{"port":0}',
      '{"port":"1"}',
      '{"port":1,"listened":5}',
      '{"port":1,"announced":[5]}',
      '{"port":1,"name":5}',
    ].map((content) => ['node.json', content, readSettings] as const),
    ...[
      '{',
      'null',
      '5',
      network({ id: 'ab' }),
      network({ id: 5 }),
      network({ name: 5 }),
      network({ bootstrap: 'x' }),
      network({ bootstrap: [5] }),
      network({ dialect: 'other' }),
      network({ preSharedKey: 5 }),
      network({ preSharedKey: 'zz' }),
      network({ preSharedKey: 'ab' }),
      network({ preSharedKey: '' }),
      network({ preSharedKey: null }),
    ].map((content) => ['network.json', content, requireNetwork] as const),
    ...['{', '5', '{}', 'null'].map((content) => ['topics.json', content, readHeldTopics] as const),
  ]
  test.each(cases)('%s %s', (file, content, read) => {
    const home = temporaryFolder()
    writeFileSync(join(home, file), content)
    expect(() => read(home)).toThrow(
      expect.objectContaining({ code: 'home', message: expect.stringContaining(join(home, file)) }),
    )
    expect(readFileSync(join(home, file), 'utf8')).toBe(content)
  })
})

test('a home leaves no drafts behind', async () => {
  const home = join(temporaryFolder(), 'a')
  await initHome(home)
  await createNetwork(home, { name: 'demo' })
  expect(readdirSync(home).filter((name) => name.startsWith('.'))).toEqual([])
})
