import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageView, TopicDetailView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site } from './site.ts'

const site = new Site()
const numbers = (count: number, from = 1): string[] => Array.from({ length: count }, (_, index) => String(from + index))
const linesOf = (text: string): string[] => text.replace(/\n$/, '').split('\n')

beforeAll(async () => {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
})
afterAll(() => site.close(undefined, 'late', 'fresh', 'other', 'reverse'))

test('a late joiner gets all of 10,000 messages', async () => {
  await site.ok(['pub', 'many', '-', '--lines'], { stdin: numbers(10_000).join('\n') })
  await site.ok(['--node', 'late', 'join', await site.ok(['ticket'])])
  await site.up('late')
  const args = ['--node', 'late', 'sub', 'many', '--all', '--count', '10000', '--timeout', '60s']
  const found = linesOf(await site.ok(args))
  expect(new Set(found)).toEqual(new Set(numbers(10_000)))
  expect(linesOf(await site.ok(['--node', 'late', 'history', 'many', '--last', '3']))).toHaveLength(3)
})

test('readers that begin in the past go on live, without gap or repeat, while messages flow', async () => {
  await site.ok(['pub', 'flow', '-', '--lines'], { stdin: numbers(500).join('\n') })
  const publisher = site.start(['pub', 'flow', '-', '--lines'])
  const write = (from: number, to: number): void =>
    void publisher.child.stdin!.write(`${numbers(to - from + 1, from).join('\n')}\n`)
  write(501, 1000)
  const id = (JSON.parse(await site.ok(['history', 'flow', '--last', '1', '--json'])) as MessageView).id
  const starts = [['--all'], ['--since', '1h'], ['--last', '100'], ['--since', id]]
  const readers = starts.map((start) => site.start(['sub', 'flow', ...start, '--timeout', '60s']))
  for (let from = 1001; from < 3000; from += 100) {
    write(from, from + 99)
    await new Promise((resolve) => setImmediate(resolve))
  }
  await Promise.all(readers.map((reader) => reader.saw('subscribed flow')))
  write(3001, 4000)
  publisher.child.stdin!.end()
  expect((await publisher.outcome).code).toBe(0)
  await Promise.all(readers.map((reader) => reader.saw('\n4000\n')))
  for (const [index, { child, outcome }] of readers.entries()) {
    child.kill('SIGINT')
    const { code, stdout } = await outcome
    const found = linesOf(stdout)
    expect({ code, found }).toEqual({ code: 0, found: numbers(found.length, 4001 - found.length) })
    expect(found.length).toBeGreaterThanOrEqual(index < 2 ? 4000 : index === 2 ? 1100 : 1000)
  }
})

test('an export makes a fresh home equal; what was changed in it, or is of another network, is refused', async () => {
  await site.ok(['pub', 'book', '-', '--lines'], { stdin: numbers(300).join('\n') })
  for (const text of ['one', 'two', 'three']) await site.ok(['pub', 'book', text])
  const file = join(site.directory, 'book.ndjson')
  await site.ok(['topic', 'export', 'book', file])
  expect((await site.run(['topic', 'export', 'book', file])).code).toBe(2)
  const ticket = await site.ok(['ticket'])
  const content = async (...node: string[]): Promise<string[]> =>
    linesOf(await site.ok([...node, 'history', 'book', '--format', '%i %q %T %p'])).toSorted()
  const wanted = await content()
  await site.ok(['down'])

  await site.ok(['--node', 'fresh', 'join', ticket])
  await site.up('fresh')
  const lines = readFileSync(file, 'utf8').split('\n')
  const changed = (from: string, to: string): string => lines.map((line) => line.replace(from, to)).join('\n')
  const importOf = (stdin: string, ...args: string[]) =>
    site.run(['--node', 'fresh', 'topic', 'import', '-', '--json', ...args], { stdin })
  const forged = await importOf(changed('"text":"two"', '"text":"2"'))
  expect(forged).toMatchObject({ code: 1, stdout: expect.stringContaining('"refused":1') })
  expect(await content('--node', 'fresh')).toEqual(wanted.filter((line) => !line.endsWith(' two')))
  // A bit of the signature, which only the node checks.
  const wire = /"wire":"([^"]+)"/.exec(lines.find((line) => line.includes('"text":"two"'))!)![1]!
  const bytes = Buffer.from(wire, 'base64')
  bytes[bytes.length - 1]! ^= 1
  const unsigned = await importOf(changed(wire, bytes.toString('base64')))
  expect(unsigned).toMatchObject({ code: 1, stdout: expect.stringContaining('{"bad-signature":1}') })
  expect(await importOf(changed(wire, bytes.toString('base64')), '--dry-run')).toMatchObject({ code: 1 })
  const whole = await importOf(lines.join('\n'))
  expect(JSON.parse(whole.stdout)).toMatchObject({ new: 1, refused: 0, messages: 1 })
  expect(await content('--node', 'fresh')).toEqual(wanted)

  await site.ok(['--node', 'other', 'network', 'create', 'other'])
  await site.up('other')
  const foreign = await site.run(['--node', 'other', 'topic', 'import', file])
  expect(foreign).toMatchObject({ code: 78, stderr: expect.stringContaining('network demo') })
  expect((await site.run(['--node', 'other', 'topic', 'import', '-'], { stdin: 'hello' })).code).toBe(1)
})

test('what came in reverse is read in the order of its author, and a gap is shown', async () => {
  const [header = '', ...lines] = linesOf(readFileSync(join(site.directory, 'book.ndjson'), 'utf8'))
  const reversed = [header, ...lines.toReversed().filter((line) => !line.includes('"text":"two"'))]
  await site.up()
  await site.ok(['--node', 'reverse', 'join', await site.ok(['ticket'])])
  // Nobody else tells it.
  for (const node of ['fresh', 'late']) await site.ok(['--node', node, 'down'])
  await site.ok(['down'])
  await site.up('reverse')
  await site.ok(['--node', 'reverse', 'topic', 'import', '-'], { stdin: reversed.join('\n') })
  const texts = async (...args: string[]): Promise<string[]> =>
    linesOf((await site.run(['--node', 'reverse', 'sub', 'book', '--all', '--count', '302', ...args])).stdout)
  expect((await texts())[0]).toBe('three')
  expect(await texts('--ordered', 'author', '--gap-wait', '200ms')).toEqual([...numbers(300), 'one', 'three'])
})

test('what is kept of a held topic changes, and its rules do not; what is not kept has no past', async () => {
  await site.up()
  await site.ok(['topic', 'define', 'kept', '--text', '--retention-time', '7d'])
  const { hash } = JSON.parse(await site.ok(['topic', 'show', 'kept', '--json'])) as TopicDetailView
  await site.ok(['topic', 'add', 'kept', '--retention-size', '1GiB'])
  await site.ok(['pub', 'kept', 'hello'])
  const view = JSON.parse(await site.ok(['topic', 'show', 'kept', '--json'])) as TopicDetailView
  expect(view).toMatchObject({ hash, stored: { messages: 1, oldest: expect.any(String) } })
  expect(view.definition).toMatchObject({ payload: 'text', retention: { time: 604_800_000, size: 1_073_741_824 } })
  await site.ok(['topic', 'add', 'loose', '--delivery', 'best-effort'])
  expect(await site.run(['sub', 'loose', '--all'])).toMatchObject({ code: 2 })
  expect(
    await site.run(['topic', 'add', 'loose', '--delivery', 'best-effort', '--retention-time', '7d']),
  ).toMatchObject({
    code: 2,
  })
})
