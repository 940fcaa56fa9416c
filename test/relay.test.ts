import { createHash } from 'node:crypto'
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { blocksOf } from './markdown.ts'
import { Site, until, type Running } from './site.ts'
import { readText } from './source-tree.ts'

const site = new Site()
const a = ['--node', 'a']
const b = ['--node', 'b']
const file = (name: string): string => join(site.directory, name)

beforeAll(async () => {
  await site.ok([...a, 'network', 'create', 'demo'])
  await site.up('a')
  await site.ok([...b, 'join', await site.ok([...a, 'ticket'])])
  await site.up('b')
})
afterAll(() => site.close('a', 'b'))

interface RelayStatus {
  readonly relay: string
  readonly state: string
  readonly pid?: number
  readonly topics: Readonly<
    Record<string, { readonly accepted: number; readonly verdicts: Readonly<Record<string, number>> }>
  >
  readonly counters: Readonly<Record<string, number>>
  readonly gauges: Readonly<Record<string, number | string>>
}

const script = (name: string, text: string): string => {
  const path = file(`${name}.ts`)
  writeFileSync(
    path,
    `import { defineRelay, ignore, reject, relayTopic, waitFor, waitMs } from '@grapevine/node/relay'\n${text}`,
  )
  return path
}
const status = async (node: readonly string[], name: string): Promise<RelayStatus> =>
  JSON.parse(await site.ok([...node, 'relay', 'status', name, '--json'])) as RelayStatus
const bodies = async (node: readonly string[], topic: string): Promise<string[]> =>
  (await site.ok([...node, 'history', topic, '--json']))
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => (JSON.parse(line) as MessageView).text ?? '')

async function stop({ child, outcome }: Running): Promise<void> {
  child.kill('SIGTERM')
  expect((await outcome).code).toBe(0)
}

test('the relay of docs/relay.md judges what its node is given, and is told what is accepted', async () => {
  const [example] = blocksOf(readText('docs/relay.md')).filter(({ language }) => language === 'ts')
  const path = file('words.ts')
  writeFileSync(path, example!.text)
  expect(await site.ok(['relay', 'check', path])).toContain('relay words is well-formed')
  const relay = site.start([...a, 'relay', 'run', path])
  await relay.saw('the relay is ready')
  const json = (word: string, after?: string): string => JSON.stringify({ word, ...(after && { after }) })
  const first = await site.ok([...a, 'pub', 'words', json('first')])
  expect(await site.run([...a, 'pub', 'words', '{}'])).toMatchObject({ code: 1 })
  expect(await site.run([...a, 'pub', 'words', 'no json'])).toMatchObject({ code: 1 })
  expect(await site.run([...a, 'pub', 'words', json('far too long for all of us')])).toMatchObject({ code: 1 })
  await site.ok([...a, 'pub', 'words', json('second', first)])
  const { topics, gauges } = await until(
    () => status(a, 'words'),
    ({ counters }) => counters['letters'] === 11,
  )
  expect(topics['words']).toMatchObject({ accepted: 2, verdicts: { accept: 2, reject: 2, ignore: 1 } })
  expect(gauges).toEqual({ last: 'second' })
  expect(await site.run([...a, 'relay', 'run', path])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('runs already'),
  })
  await stop(relay)
  expect(await site.ok([...a, 'relay', 'ls'])).toContain('stopped')
  expect(await site.ok([...a, 'relay', 'logs', 'words'])).toContain('the relay is ready')
})

test('while the relay is away nothing passes unseen, and nothing is lost; it takes up where it was', async () => {
  const log = file('taken.txt')
  const path = script(
    'careful',
    `import { appendFileSync } from 'node:fs'
    export default defineRelay({
      name: 'careful',
      topics: [relayTopic({
        name: 'careful',
        payload: 'text',
        validate: ({ payload }) => (payload.length < 5 ? 'accept' : reject('long')),
        onAccept: ({ payload }) => appendFileSync(${JSON.stringify(log)}, new TextDecoder().decode(payload) + '\\n'),
      })],
    })`,
  )
  const taken = (): string[] => (existsSync(log) ? readFileSync(log, 'utf8').split('\n').slice(0, -1) : [])
  await site.ok([...b, 'relay', 'run', path, '--detach'])
  await site.ok([...a, 'topic', 'define', 'careful', '--text', '--validate', 'each'])
  await site.ok([...a, 'pub', 'careful', 'one', '--wait-peers', '1'])
  await until(taken, (all) => all.length === 1)
  expect(await site.ok([...b, 'relay', 'stop', 'careful'])).toBe('')
  await site.ok([...a, 'pub', 'careful', 'two'])
  await site.ok([...a, 'pub', 'careful', 'too long'])
  await until(
    async () =>
      JSON.parse(await site.ok([...b, 'topic', 'show', 'careful', '--json'])) as { deferred?: { messages: number } },
    ({ deferred }) => deferred?.messages === 2,
  )
  expect(await bodies(b, 'careful')).toEqual(['one'])
  await site.ok([...b, 'relay', 'run', path, '--detach'])
  await until(taken, (all) => all.length === 2)
  expect(taken()).toEqual(['one', 'two'])
  // The node goes away and comes back under the relay.
  await site.ok([...b, 'down'])
  await site.up('b')
  await site.ok([...a, 'pub', 'careful', 'tre'])
  await until(taken, (all) => all.length === 3)
  expect(await bodies(b, 'careful')).toEqual(['one', 'two', 'tre'])
  await site.ok([...b, 'relay', 'stop', 'careful'])
})

test('a message of a peer waits for what it depends on, and for time; one of ours is refused at once', async () => {
  const path = script(
    'order',
    `let tries = 0
    export default defineRelay({
      name: 'order',
      topics: [relayTopic({
        name: 'order',
        id: 'content',
        replay: 'all',
        dependencies: ({ payload }) => {
          const text = new TextDecoder().decode(payload)
          return text.startsWith('wait for ') ? [text.slice(9)] : []
        },
        validate: ({ payload }) =>
          new TextDecoder().decode(payload) === 'later' && tries++ < 3 ? waitMs(50, 'not yet') : 'accept',
      })],
    })`,
  )
  const relay = site.start([...a, 'relay', 'run', path])
  await relay.saw('the relay is ready')
  await site.ok([...b, 'topic', 'define', 'order', '--id', 'content', '--validate', 'each'])
  const child = `wait for ${createHash('sha256').update('parent').digest('hex')}`
  expect(await site.run([...a, 'pub', 'order', child])).toMatchObject({ code: 1 })
  await site.ok([...b, 'pub', 'order', child, '--wait-peers', '1'])
  await site.ok([...b, 'pub', 'order', 'later'])
  await until(
    () => bodies(a, 'order'),
    (all) => all.length === 1,
  )
  await site.ok([...b, 'pub', 'order', 'parent'])
  await until(
    () => bodies(a, 'order'),
    (all) => all.length === 3,
  )
  expect(await bodies(a, 'order')).toEqual(['later', 'parent', child])
  await stop(relay)
})

test('a script that changes is run again with --watch; one that is broken says why', async () => {
  const text = (word: string): string =>
    `import { word } from './word.ts'
    export default defineRelay({
      name: 'watched',
      topics: [relayTopic({ name: 'watched', replay: 'new' })],
      ready: (relay) => relay.log.info('${word} ' + word),
      timers: [{ everyMs: 20, run: (relay) => relay.count('ticks') }],
    })`
  writeFileSync(file('word.ts'), "export const word: string = 'one'\n")
  const path = script('watched', text('first'))
  const relay = site.start([...a, 'relay', 'run', path, '--watch'])
  await relay.saw('first one')
  writeFileSync(file('word.ts'), "export const word: string = 'two'\n")
  await relay.saw('first two')
  script('watched', 'nonsense(')
  await relay.saw('waiting for a change')
  script('watched', text('second'))
  await relay.saw('second two')
  await until(
    () => status(a, 'watched'),
    ({ counters }) => (counters['ticks'] ?? 0) > 1,
  )
  await stop(relay)
  const broken = await site.run([
    'relay',
    'check',
    script('broken', 'export default defineRelay({ name: "", topics: [] })'),
  ])
  expect(broken).toMatchObject({ code: 2, stderr: expect.stringContaining('relay: name: expected 1 to 48') })
  // Where it is wrong, in two lines.
  for (const [body, fault] of [
    ['export default defineRelay({', 'SyntaxError: '],
    ['\nnothing.at.all()', 'ReferenceError: nothing is not defined\nhint: see broken.ts:'],
  ] as const) {
    const { code, stderr } = await site.run(['relay', 'check', script('broken', body)])
    expect({ code, lines: stderr.split('\n').length }).toEqual({ code: 2, lines: 3 })
    expect(stderr).toContain(`does not load: ${fault}`)
    expect(stderr).toContain('hint: see broken.ts:')
  }
  expect(await site.run(['relay', 'check', file('none.ts')])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('cannot be read: there is no such file'),
  })
  expect(await site.run(['--home', file('nowhere'), 'relay', 'run', path])).toMatchObject({ code: 3 })
  expect(await site.run([...a, 'relay', 'status', 'nobody'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining('there is no relay nobody'),
  })
})

test('a relay in the background ends with the home that it belongs to', async () => {
  const path = script('lost', `export default defineRelay({ name: 'lost', topics: [relayTopic({ name: 'lost' })] })`)
  await site.ok(['--node', 'c', 'network', 'create', 'short'])
  await site.up('c')
  await site.ok(['--node', 'c', 'relay', 'run', path, '--detach'])
  const { pid } = await status(['--node', 'c'], 'lost')
  await site.ok(['--node', 'c', 'down'])
  rmSync(site.home('c'), { recursive: true })
  await until(
    () => existsSync(`/proc/${pid}`),
    (isThere) => !isThere,
  )
})
