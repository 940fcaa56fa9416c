import { readFileSync, statSync } from 'node:fs'
import { request } from 'node:http'
import { createServer, type AddressInfo } from 'node:net'
import { once } from 'node:events'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Site, until } from './site.ts'

const loopback = '/ip4/127.0.0.1/tcp/0'

interface Line {
  readonly level: string
  readonly text: string
}

const lines = (text: string): Line[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => JSON.parse(line) as Line)

describe('config', () => {
  const site = new Site()
  beforeAll(() => site.ok(['network', 'create', 'demo']))
  afterAll(() => site.close(undefined))

  test('sets, shows with where it comes from, and unsets', async () => {
    expect(await site.ok(['config', 'get', 'log.level'])).toBe('info')
    expect(await site.ok(['config', 'set', 'log.level', 'debug'])).toBe('log.level = debug')
    expect(await site.ok(['config', 'ls'])).toMatch(/^log\.level +debug +config\.toml$/m)
    const strong = await site.run(['config', 'get', 'log.level', '--json'], { env: { GRAPEVINE_LOG_LEVEL: 'trace' } })
    expect(JSON.parse(strong.stdout)).toEqual({ name: 'log.level', value: 'trace', origin: 'environment' })
    expect(await site.ok(['config', 'unset', 'log.level'])).toBe('log.level = info')
    expect(await site.ok(['config', 'ls'])).toMatch(/^log\.level +info +default$/m)
    expect(readFileSync(join(site.home(), 'config.toml'), 'utf8')).toBe('')
  })

  test.each([
    [['config', 'set', 'log.levle', 'debug'], 2, 'did you mean log.level?'],
    [['config', 'get', 'nothing.like.it'], 2, 'the options are: listen,'],
    [['config', 'set', 'connections.max', 'many'], 2, 'a whole number from 8 to 10000'],
    [['config', 'set', 'listen', '127.0.0.1'], 2, 'multiaddrs such as'],
    [['config', 'set', 'api.tcp', '0.0.0.0:80'], 2, 'loopback'],
    [['up', '--api', '10.0.0.1:80'], 2, 'grapevine up --help'],
  ])('%j is refused with exit code %i and a hint', async (args, code, hint) => {
    const outcome = await site.run(args)
    expect(outcome).toMatchObject({ code, stdout: '' })
    expect(outcome.stderr).toMatch(/^error: .+\nhint: .+\n$/)
    expect(outcome.stderr).toContain(hint)
  })

  test('a wrong value in the environment keeps a node from starting, with exit code 78', async () => {
    const { code, stderr } = await site.run(['up', '--detach'], { env: { GRAPEVINE_BATCH_MAX: '0' } })
    expect(code).toBe(78)
    expect(stderr).toContain('batch.max from GRAPEVINE_BATCH_MAX is 0')
  })

  test('listen is what up listens on, and --listen is stronger for that run only', async () => {
    const [first, second] = [await freePort(), await freePort()]
    const addresses = async (): Promise<string> =>
      (JSON.parse(await site.ok(['status', '--json'])) as { addresses: string[] }).addresses.join()
    await site.ok(['config', 'set', 'listen', `/ip4/127.0.0.1/tcp/${first}`])
    await site.ok(['up', '--detach', '--listen', `/ip4/127.0.0.1/tcp/${second}`])
    expect(await addresses()).toContain(`/tcp/${second}/`)
    await site.ok(['down'])
    const shown = async (): Promise<string> => {
      await site.ok(['--node', 'x', 'join', await site.ok(['ticket'])])
      return site.ok(['--node', 'x', 'network', 'show'])
    }
    expect(await shown()).toContain(`127.0.0.1:${second}`)
    await site.ok(['up', '--detach'])
    expect(await addresses()).toContain(`/tcp/${first}/`)
    await site.ok(['down'])
  })

  test('--api serves the control API on loopback, for whoever has the token in api.token', async () => {
    const port = await freePort()
    await site.ok(['up', '--detach', '--listen', loopback, '--api', `127.0.0.1:${port}`])
    const file = join(site.home(), 'api.token')
    expect(statSync(file).mode & 0o777).toBe(0o600)
    const token = readFileSync(file, 'utf8').trim()
    const status = async (bearer: string): Promise<number | undefined> => {
      const call = request({
        host: '127.0.0.1',
        port,
        path: '/v1/status',
        headers: { authorization: `Bearer ${bearer}` },
      })
      call.end()
      const [response] = (await once(call, 'response')) as [{ statusCode?: number; resume(): void }]
      response.resume()
      return response.statusCode
    }
    expect(await status(token)).toBe(200)
    expect(await status(`${token}x`)).toBe(401)
    await site.ok(['down'])
    await site.ok(['up', '--detach', '--listen', loopback])
    expect(readFileSync(file, 'utf8').trim()).toBe(token)
    expect(await site.ok(['status'])).not.toContain(token)
    await site.ok(['down'])
  })
})

describe('logs', () => {
  const site = new Site()
  beforeAll(() => site.ok(['network', 'create', 'demo']))
  afterAll(() => site.close('b', undefined))

  test('say when a node started and stopped, and no more, also while it is down', async () => {
    await site.ok(['up', '--detach', '--listen', loopback])
    await site.ok(['pub', 'chat', 'hello'])
    await site.ok(['down'])
    const all = lines(await site.ok(['logs', '--json', '--level', 'trace']))
    expect(all.map(({ level, text }) => `${level} ${text}`)).toEqual(['info started', 'info stopped'])
    expect(await site.ok(['logs', '-n', '1'])).toMatch(/^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d info {2}node: stopped$/)
    expect((await site.run(['logs', '--follow'])).code).toBe(3)
  })

  test('follow shows the last lines, and then live ones of a level that the file does not take', async () => {
    await site.up()
    const follower = site.start(['logs', '--follow', '--level', 'debug', '-n', '1', '--json'])
    await follower.saw('"started"')
    await site.ok(['--node', 'b', 'join', await site.ok(['ticket'])])
    await site.ok(['--node', 'b', 'up', '--detach', '--listen', loopback])
    await follower.saw('"connected"')
    await site.ok(['--node', 'b', 'down'])
    await follower.saw('"disconnected"')
    const [first, ...rest] = lines(follower.stdout().replace(/[^\n]*$/, ''))
    expect(first).toMatchObject({ level: 'info', text: 'started', part: 'node' })
    expect(rest.every(({ level }) => level !== 'trace')).toBe(true)
    expect(await site.ok(['logs', '--level', 'trace'])).not.toContain('connected')
    follower.child.kill('SIGINT')
    expect((await follower.outcome).code).toBe(0)
  })

  test('follow ends with exit code 1 when the node stops', async () => {
    const follower = site.start(['logs', '--follow'])
    await follower.saw('started')
    await site.ok(['down'])
    expect(await follower.outcome).toMatchObject({ code: 1, stderr: expect.stringContaining('the node stopped') })
    await until(
      () => follower.stdout(),
      (text) => text.includes('started'),
    )
  })

  test('a level that is none is refused', async () => {
    const { code, stderr } = await site.run(['logs', '--level', 'loud'])
    expect(code).toBe(2)
    expect(stderr).toContain('error, warn, info, debug, trace')
  })
})

async function freePort(): Promise<number> {
  const server = createServer()
  await once(server.listen(0, '127.0.0.1'), 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
