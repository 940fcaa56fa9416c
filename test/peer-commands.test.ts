import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until, type Outcome } from './site.ts'

interface Peer {
  peerId: string
  name?: string
  origin?: string
  state: string
  addresses: string[]
  agent?: string
  lastError?: string
  known: { address: string; failures: number; lastError?: string }[]
  connections: { direction: string }[]
}

/** Two nodes: the default one is the peer that the other, `b`, joined by and calls `laptop`. */
const site = new Site()
let laptop: string
let server: string

const b = (...args: string[]): Promise<Outcome> => site.run(['--node', 'b', ...args])
const bJson = async <T>(...args: string[]): Promise<T> =>
  JSON.parse(await site.ok(['--node', 'b', ...args, '--json'])) as T
const show = (peer: string): Promise<Peer> => bJson<Peer>('peer', 'show', peer)
const connected = (): Promise<Peer> =>
  until(
    () => show(laptop),
    ({ state }) => state === 'connected',
  )
const errorOf = ({ code, stdout, stderr }: Outcome): object => ({ exit: code, stdout, ...JSON.parse(stderr).error })

beforeAll(async () => {
  await site.ok(['init', '--name', 'laptop'])
  await site.ok(['network', 'create', 'demo'])
  await site.up()
  await site.ok(['--node', 'b', 'init', '--name', 'server'])
  await site.ok(['--node', 'b', 'join', await site.ok(['ticket'])])
  await site.up('b')
  laptop = (JSON.parse(await site.ok(['id', '--json'])) as Peer).peerId
  server = (await bJson<Peer>('id')).peerId
  await connected()
  await until(
    () => show(laptop),
    ({ name }) => name === 'laptop',
  )
})
afterAll(() => site.close('b', undefined))

test('peer ls shows who is connected and how, and --all who is not and why', async () => {
  const line = await site.ok(['--node', 'b', 'peer', 'ls'])
  expect(line).toMatch(
    new RegExp(`^…${laptop.slice(-6)} +laptop +connected +out, \\d+ s +127\\.0\\.0\\.1:\\d+ .*grapevine/`),
  )
  expect(await bJson('peer', 'ls')).toMatchObject([{ peerId: laptop, origin: 'bootstrap', direction: 'outbound' }])
})

test('peer show names a peer by id, end of id or name, and tells all of it', async () => {
  for (const text of [laptop, laptop.slice(-6), `…${laptop.slice(-6)}`, 'laptop']) {
    expect(await show(text)).toMatchObject({ peerId: laptop, state: 'connected', known: expect.any(Array) })
  }
  const screen = await site.ok(['--node', 'b', 'peer', 'show', 'laptop'])
  for (const word of [
    `peer     ${laptop} (calls itself laptop)`,
    'state    connected',
    'dialled for ever',
    'speaks   ',
    '/tcp/',
  ]) {
    expect(screen).toContain(word)
  }
})

test.for(['show', 'ping', 'rm', 'disconnect', 'connect', 'block', 'allow'])(
  'peer %s says whom it does not know',
  async (verb) => {
    expect(errorOf(await b('peer', verb, 'nobody', '--json'))).toMatchObject({ exit: 1, stdout: '', code: 'not-found' })
    expect(errorOf(await b('peer', verb, '\x1b[2J', '--json'))).toMatchObject({ exit: 2, code: 'usage' })
    const { code, stderr } = await b('peer', verb, '\x1b[2J')
    expect({ code, isRaw: stderr.includes('\x1b') }).toEqual({ code: 2, isRaw: false })
    expect((await b('peer', verb, 'a', 'b', 'c')).code).toBe(verb === 'allow' ? 1 : 2)
  },
)

test('peer ping measures round trips', async () => {
  const { code, stdout, stderr } = await b('peer', 'ping', 'laptop', '--count', '2')
  expect(stdout).toMatch(/^(…\w{6} {2}\d+\.\d{3} ms\n){2}$/)
  expect(stderr).toMatch(/^least .* mean .* most .* ms\n$/)
  expect(code).toBe(0)
  expect((await bJson<{ ms: number }>('peer', 'ping', 'laptop')).ms).toBeGreaterThan(0)
  expect((await b('peer', 'ping', 'laptop', '--count', '0')).code).toBe(2)
})

test('peer disconnect keeps a peer away until peer connect', async () => {
  // So that the other side, which knows our address, does not dial.
  await site.ok(['peer', 'rm', server])
  expect(await bJson('peer', 'disconnect', 'laptop')).toMatchObject({ peerId: laptop })
  expect(await show(laptop)).toMatchObject({ state: 'paused', connections: [] })
  expect(await site.ok(['--node', 'b', 'peer', 'ls', '--all'])).toContain('paused')
  expect(errorOf(await b('peer', 'ping', laptop, '--json'))).toMatchObject({ exit: 1, code: 'not-found' })
  expect(await site.ok(['--node', 'b', 'peer', 'connect', laptop.slice(-8)])).toContain(
    `connected …${laptop.slice(-6)}`,
  )
  await connected()
})

test('peer connect takes an address without peer id, and says why one does not work', async () => {
  const { known } = await until(
    () => show(laptop),
    (peer) => peer.known.length > 0,
  )
  expect(await bJson('peer', 'connect', known[0]!.address)).toMatchObject({ peerId: laptop })
  const refused = errorOf(await b('peer', 'connect', '/ip4/127.0.0.1/tcp/1', '--json'))
  expect(refused).toMatchObject({ exit: 1, code: 'unreachable', message: expect.stringContaining('refused') })
  for (const wrong of ['/ip4/127.0.0.1', '/ip4/0.0.0.0/tcp/9', '/unix/x'])
    expect((await b('peer', 'connect', wrong)).code).toBe(2)
  expect((await b('peer', 'connect', laptop, '--timeout', 'x')).code).toBe(2)
})

test('peer add keeps a peer over restarts, peer rm forgets it', async () => {
  const stranger = '12D3KooWRqpHdSafUV2gUXdVkyc4DSg2ghMXqf8a2YxdyqrSyrbT'
  const address = `/ip4/127.0.0.1/tcp/1/p2p/${stranger}`
  expect(await site.ok(['--node', 'b', 'peer', 'add', address])).toBe(`keeping …${stranger.slice(-6)} (dialing)`)
  const failed = await until(
    () => show(stranger),
    ({ known }) => known[0]!.failures > 0,
  )
  expect(failed).toMatchObject({ origin: 'added', known: [{ lastError: 'refused' }] })
  await site.ok(['--node', 'b', 'down'])
  await site.up('b')
  expect(await show(stranger)).toMatchObject({ origin: 'added', addresses: [address] })
  expect(await site.ok(['--node', 'b', 'peer', 'rm', stranger.slice(-6)])).toBe(`forgot ${stranger}`)
  expect((await b('peer', 'show', stranger)).code).toBe(1)
  for (const wrong of ['/ip4/127.0.0.1/tcp/1', address.replace('/tcp/1', '/tcp/0'), '127.0.0.1:80', `${address}x`]) {
    expect(errorOf(await b('peer', 'add', wrong, '--json'))).toMatchObject({ exit: 2, code: 'usage' })
  }
  await connected()
})

test('peer block ends a connection and holds over restarts, peer allow ends it', async () => {
  await connected()
  expect(await site.ok(['--node', 'b', 'peer', 'block', 'laptop'])).toMatch(
    /^blocked \w+ \([12] connections? closed\)$/,
  )
  await site.ok(['--node', 'b', 'down'])
  await site.up('b')
  expect(await bJson('peer', 'blocked')).toEqual({ peers: [laptop], ranges: [] })
  expect(await show(laptop)).toMatchObject({ state: 'blocked', connections: [] })
  expect(errorOf(await b('peer', 'connect', laptop, '--json'))).toMatchObject({ exit: 1, code: 'blocked' })
  expect(await site.ok(['--node', 'b', 'peer', 'allow', laptop])).toBe('allowed 1 entry')
  expect((await b('peer', 'allow', laptop)).code).toBe(1)
  await connected()
})

test('peer block takes ranges, and peer allow --only turns everyone else away', async () => {
  expect(await bJson('peer', 'block', '192.0.2.0/24')).toEqual({ target: '192.0.2.0/24', closed: 0 })
  expect(await site.ok(['--node', 'b', 'peer', 'blocked'])).toBe('192.0.2.0/24')
  expect((await b('peer', 'block', '192.0.2.0/33')).code).toBe(2)
  expect(await bJson('peer', 'allow', '192.0.2.0/24')).toEqual({ peers: [], ranges: [] })
  expect(await bJson('peer', 'allow', '--only', laptop)).toMatchObject({ only: [laptop] })
  expect(await site.ok(['--node', 'b', 'peer', 'blocked'])).toBe(`only ${laptop}`)
  for (const wrong of [[], ['--everyone', laptop], ['--only', '192.0.2.1'], ['--everyone', '--only']]) {
    expect((await b('peer', 'allow', ...wrong)).code).toBe(2)
  }
  expect(await bJson('peer', 'allow', '--everyone')).toEqual({ peers: [], ranges: [] })
  expect((await b('peer', 'blocked')).stderr).toBe('nobody is blocked\n')
})

test('without a running node each of them ends with 3', async () => {
  for (const args of [['ls'], ['show', 'x'], ['add', 'x'], ['block', 'x'], ['blocked']]) {
    expect((await site.run(['--node', 'none', 'peer', ...args])).code).toBe(3)
  }
})
