import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Site, until } from './site.ts'

interface Status {
  pid: number
  peerId: string
  addresses: string[]
  peers: { peerId: string; state: string }[]
  topics: { topic: string; peers: number; mesh: number }[]
  counters: { delivered: number; published: number }
}

describe('two nodes of one network', () => {
  const site = new Site()
  const status = async (node?: string): Promise<Status> =>
    JSON.parse(await site.ok([...(node === undefined ? [] : ['--node', node]), 'status', '--json'])) as Status

  beforeAll(async () => {
    await site.ok(['network', 'create', 'demo'])
    await site.up()
    const ticket = await site.ok(['ticket'])
    await site.ok(['--node', 'b', 'join', ticket])
    await site.up('b')
    await until(
      () => status('b'),
      ({ peers }) => peers.length === 1,
    )
  })
  afterAll(() => site.close('b', undefined))

  test('a message goes from the first to the second', async () => {
    const reader = site.start(['--node', 'b', 'sub', 'chat', '--count', '1'])
    await reader.saw('subscribed chat')
    const id = await site.ok(['pub', 'chat', 'hello', '--wait-peers', '1'])
    expect(id).toMatch(/^[0-9a-f]{64}$/)
    expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'hello\n' })
  })

  test('and from the second to the first', async () => {
    const reader = site.start(['sub', 'chat', '--count', '1', '--json'])
    await reader.saw('subscribed chat')
    const id = await site.ok(['--node', 'b', 'pub', 'chat', '-', '--wait-peers', '1'], { stdin: 'back' })
    const { code, stdout } = await reader.outcome
    expect(code).toBe(0)
    const { peerId } = await status('b')
    expect(JSON.parse(stdout)).toMatchObject({
      id,
      topic: 'chat',
      text: 'back',
      size: 4,
      via: 'live',
      author: peerId,
      from: peerId,
    })
  })

  test('a thousand lines through a pipe arrive exactly once each, and the ids come in the order of the lines', async () => {
    const reader = site.start(['--node', 'b', 'sub', 'lines', '--count', '1000', '--json'])
    await reader.saw('subscribed lines')
    const lines = Array.from({ length: 1000 }, (_, index) => `line ${index}`)
    const ids = (
      await site.ok(['pub', 'lines', '-', '--lines', '--wait-peers', '1'], { stdin: lines.join('\n') })
    ).split('\n')
    const { code, stdout } = await reader.outcome
    expect(code).toBe(0)
    const got = stdout
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as { id: string; text: string })
    expect(got.map(({ text }) => text).toSorted()).toEqual(lines.toSorted())
    const textById = new Map(got.map(({ id, text }) => [id, text]))
    expect(ids.map((id) => textById.get(id))).toEqual(lines)
  })

  test('why tells the same message’s story on both sides', async () => {
    const id = await site.ok(['pub', 'chat', 'why me', '--wait-peers', '1'])
    interface Why {
      self: string
      steps: { what: string; peer?: string; verdict?: string; reason?: string }[]
    }
    const here = JSON.parse(await site.ok(['why', id, '--json'])) as Why
    const there = await until(
      async () => JSON.parse((await site.run(['--node', 'b', 'why', id, '--json'])).stdout || '{"steps":[]}') as Why,
      ({ steps }) => steps.some(({ what }) => what === 'delivered'),
    )
    expect(here.steps.map(({ what, peer }) => [what, peer])).toEqual([
      ['published', undefined],
      ['stored', undefined],
      ['delivered', undefined],
      ['sent', there.self],
    ])
    expect(there.steps).toMatchObject([
      { what: 'received', peer: here.self },
      { what: 'verdict', verdict: 'accept', reason: 'valid' },
      { what: 'stored' },
      { what: 'delivered' },
    ])
  })

  test('bytes are published from text in hex or base64', async () => {
    const raw = async (id: string): Promise<unknown> => {
      const [line = ''] = (await site.ok(['history', 'bytes', '--id', id, '--json'])).split('\n')
      return (JSON.parse(line) as { base64?: string }).base64
    }
    const bytes = Buffer.from([0xff, 0x00, 0xfe])
    expect(await raw(await site.ok(['pub', 'bytes', '0xff00fe', '--encoding', 'hex']))).toBe(bytes.toString('base64'))
    const lines = `${bytes.toString('base64')}\n${Buffer.from([0x80]).toString('base64')}`
    const ids = (await site.ok(['pub', 'bytes', '-', '--lines', '--encoding', 'base64'], { stdin: lines })).split('\n')
    expect(await raw(ids[1]!)).toBe('gA==')
    expect(await site.run(['pub', 'bytes', 'xyz', '--encoding', 'hex'])).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('the message is not hex'),
    })
  })

  test('why takes the first six digits of an id or more, and says when that is not enough', async () => {
    const ids = (await site.ok(['pub', 'chat', '-', '--lines', '--wait-peers', '1'], { stdin: 'a\nb\nc' })).split('\n')
    const id = ids[1]!
    for (const given of [id.slice(0, 6), id.slice(0, 9).toUpperCase(), `${id.slice(0, 6)}…${id.slice(-4)}`]) {
      expect(JSON.parse(await site.ok(['why', given, '--json']))).toMatchObject({ id, topic: 'chat' })
    }
    expect(await site.run(['why', id.slice(0, 5)])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('at least 6 digits'),
    })
  })

  test('a node that is killed comes back as who it was, and its network finds it again', async () => {
    const before = await status('b')
    process.kill(site.pid('b'), 'SIGKILL')
    await until(
      () => status(),
      ({ peers }) => peers.length === 0,
    )
    await site.up('b')
    const after = await until(
      () => status('b'),
      ({ peers }) => peers.length === 1,
    )
    expect(after.peerId).toBe(before.peerId)
    expect(after.addresses).toEqual(before.addresses)
    expect(after.pid).not.toBe(before.pid)
    // A topic of its own: on the others the node first hears again what was said in the last seconds.
    const reader = site.start(['--node', 'b', 'sub', 'again', '--count', '1'])
    await reader.saw('subscribed again')
    await site.ok(['pub', 'again', 'welcome back', '--wait-peers', '1'])
    expect((await reader.outcome).stdout).toBe('welcome back\n')
  })

  test('a second process for one home is refused, naming the first', async () => {
    const { code, stderr } = await site.run(['up'])
    expect(code).toBe(1)
    expect(stderr).toContain(String(site.pid()))
  })
})

describe('wrong usage', () => {
  const site = new Site()
  afterAll(() => site.close())

  test.each([
    { args: ['pub'], says: 'topic' },
    { args: ['nonsense'], says: 'help' },
    { args: ['statsu'], says: 'status' },
    { args: ['sub', 'a*'], says: 'wildcard' },
    { args: ['join', 'gv1bad'], says: 'damaged' },
    { args: ['pub', 'chat', 'x', '--wait-peers', 'many'], says: 'number' },
  ])('$args ends with 2 and a hint', async ({ args, says }) => {
    const { code, stderr } = await site.run(args)
    expect([code, stderr]).toEqual([2, expect.stringContaining(says)])
  })

  test('up without a network ends with 78 and names both ways into one', async () => {
    const { code, stderr } = await site.run(['up'])
    expect(code).toBe(78)
    expect(stderr).toMatch(/network create/)
    expect(stderr).toMatch(/join/)
  })

  test('a command for a node that is not up ends with 3', async () => {
    const { code, stderr } = await site.run(['status', '--json'])
    expect(code).toBe(3)
    expect(JSON.parse(stderr)).toMatchObject({ error: { code: 'not-running', hint: expect.stringContaining('up') } })
  })
})
