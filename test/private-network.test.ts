import { readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Site, until } from './site.ts'

interface Peer {
  readonly state: string
  readonly lastError?: string
}

const noKey = 'the peer speaks to another network or lacks the key of this one'
const loopback = ['--listen', '/ip4/127.0.0.1/tcp/0']

describe('a private network', () => {
  const site = new Site()
  /** Everything that any command said. */
  let said = ''
  const run = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await site.run(args)
    if (args[0] !== 'ticket') said += stdout + stderr
    if (code !== 0) throw new Error(`${args.join(' ')}: exit ${code}\n${stdout}${stderr}`)
    return stdout
  }
  const peers = async (node: string): Promise<Peer[]> =>
    JSON.parse(await run('--node', node, 'peer', 'ls', '--all', '--json')) as Peer[]
  let key = ''

  beforeAll(async () => {
    await site.ok(['network', 'create', 'team', '--private'])
    await run('config', 'set', 'log.level', 'trace')
    await run('up', '--detach', ...loopback)
    key = (JSON.parse(readFileSync(join(site.home(), 'network.json'), 'utf8')) as { preSharedKey: string }).preSharedKey
    const ticket = await site.ok(['ticket'])
    for (const node of ['member', 'wrong', 'public']) {
      await run('--node', node, 'join', ticket)
      if (node === 'member') await run('--node', node, 'config', 'set', 'log.level', 'trace')
    }
    change('wrong', (network) => ({ ...network, preSharedKey: '5'.repeat(64) }))
    change('public', (network) => ({ ...network, preSharedKey: undefined }))
  })
  afterAll(() => site.close('member', 'wrong', 'public', undefined))

  function change(node: string, how: (network: Record<string, unknown>) => Record<string, unknown>): void {
    const file = join(site.home(node), 'network.json')
    writeFileSync(file, JSON.stringify(how(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>)))
  }

  test('has a ticket that says it is secret, and a member joins by it', async () => {
    expect(await site.ok(['ticket'])).toMatch(/^gvs1/)
    await run('--node', 'member', 'up', '--detach', ...loopback)
    await until(
      () => peers('member'),
      (all) => all.some(({ state }) => state === 'connected'),
    )
    const reader = site.start(['sub', 'chat', '--count', '1'])
    await reader.saw('subscribed chat')
    await run('--node', 'member', 'pub', 'chat', 'inside', '--wait-peers', '1')
    expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'inside\n' })
  })

  test('tells both sides at once of a stranger with another key', async () => {
    await run('--node', 'wrong', 'up', '--detach', ...loopback)
    const [peer] = await until(
      () => peers('wrong'),
      ([first]) => first?.lastError !== undefined,
    )
    expect(peer).toMatchObject({ lastError: noKey })
    expect(peer?.state).not.toBe('connected')
    const lines = await until(
      () => run('logs', '--level', 'warn', '--json'),
      (text) => text.includes('lacks the key'),
    )
    expect(JSON.parse(lines.split('\n')[0]!)).toMatchObject({ level: 'warn', part: 'network', refused: 1 })
  })

  test('lets nobody in who has no key, and one line a minute tells of all of them', async () => {
    await run('--node', 'public', 'up', '--detach', ...loopback)
    await until(
      () => peers('public'),
      ([first]) => first?.lastError !== undefined,
    )
    const connected = JSON.parse(await run('peer', 'ls', '--json')) as Peer[]
    expect(connected).toHaveLength(1)
    const warnings = (await run('logs', '--level', 'warn', '--json')).trim().split('\n')
    expect(warnings.filter((line) => line.includes('lacks the key'))).toHaveLength(1)
  })

  test('cannot be spoken to a public one, and says so', async () => {
    const ticket = await site.ok(['--node', 'public', 'ticket'])
    await run('--node', 'public', 'status')
    // The same network id, so that the ticket is taken; then the key comes back.
    await run('--node', 'outside', 'join', ticket)
    change('outside', (network) => ({ ...network, preSharedKey: key }))
    await run('--node', 'outside', 'up', '--detach', ...loopback)
    const found = await until(
      () => peers('outside'),
      (all) => all.some(({ lastError }) => lastError === noKey),
    )
    expect(found.some(({ lastError }) => lastError === noKey)).toBe(true)
    await run('--node', 'outside', 'down')
  })

  test('shows its key nowhere but in its ticket: no output, no log, no file other than network.json', async () => {
    for (const args of [
      ['status'],
      ['status', '--json'],
      ['network', 'show'],
      ['network', 'show', '--json'],
      ['config', 'ls'],
      ['peer', 'ls', '--all', '--json'],
      ['logs', '-n', '10000', '--level', 'trace'],
    ])
      await run(...args)
    const other = await site.run(['network', 'create', 'second'])
    said += other.stdout + other.stderr
    const forms = keyForms(key)
    expect(said.length).toBeGreaterThan(5_000)
    expect(forms.filter((form) => said.toLowerCase().includes(form.toLowerCase()))).toEqual([])
    for (const home of [site.home(), site.home('member')]) {
      for (const file of readdirSync(home).filter(
        (name) => name !== 'network.json' && statSync(join(home, name)).isFile(),
      )) {
        const content = readFileSync(join(home, file)).toString('latin1').toLowerCase()
        expect(forms.filter((form) => content.includes(form.toLowerCase())).map((form) => `${file}: ${form}`)).toEqual(
          [],
        )
      }
      expect(statSync(join(home, 'network.json')).mode & 0o777).toBe(0o600)
    }
  })

  test('is left only while the node is down, and then its key is gone', async () => {
    const refused = await site.run(['--node', 'member', 'network', 'leave'])
    expect(refused).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('stop it with: grapevine --node member down'),
    })
    await run('--node', 'member', 'topic', 'add', 'kept')
    await run('--node', 'member', 'down')
    expect(await run('--node', 'member', 'network', 'leave')).toBe('left team\n')
    expect((await site.run(['--node', 'member', 'network', 'show'])).code).toBe(78)
    expect(readdirSync(site.home('member'))).not.toContain('network.json')
    expect(readdirSync(site.home('member'))).toContain('topics.json')
    await run('--node', 'member', 'join', await site.ok(['ticket']))
    await run('--node', 'member', 'network', 'leave', '--purge')
    expect(readdirSync(site.home('member'))).not.toContain('topics.json')
  })
})

/** What 32 bytes look like in text. */
function keyForms(hex: string): string[] {
  const bytes = Buffer.from(hex, 'hex')
  return [
    hex,
    bytes.toString('base64').replace(/=+$/, ''),
    bytes.toString('base64url'),
    [...bytes].join(','),
    bytes.toString('latin1'),
  ]
}
