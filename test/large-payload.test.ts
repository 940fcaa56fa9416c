import { spawnSync } from 'node:child_process'
import { createHash, randomBytes } from 'node:crypto'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { MessageView, StatusView, WhyView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until } from './site.ts'

const site = new Site()
const [a, b, c, d] = ['a', 'b', 'c', 'd'].map((name) => ['--node', name]) as [string[], string[], string[], string[]]
const topic = 'files'
const define = ['topic', 'define', topic, '--id', 'content', '--dissemination', 'hybrid:16KiB']
const digest = (bytes: Buffer | string): string => createHash('sha256').update(bytes).digest('hex')
/** Text, so that it can be compared on standard output. */
const textOf = (size: number): string => randomBytes(size / 2).toString('hex')

// A line: a knows b, and b knows c.
beforeAll(async () => {
  await site.ok([...a, 'network', 'create', 'demo'])
  await site.up('a')
  await site.ok([...b, 'join', await site.ok([...a, 'ticket'])])
  await site.up('b')
  await site.ok([...c, 'join', await site.ok([...b, 'ticket'])])
  await site.ok([...c, 'config', 'set', 'connections.target', '0'])
  await site.up('c')
  for (const node of [a, b, c]) await site.ok([...node, ...define])
}, 120_000)
afterAll(() => site.close('a', 'b', 'c', 'd'))

test('a file of 20 MB comes to every node, and to every kind of reader, to the byte', async () => {
  const text = textOf(20_000_000)
  const file = join(site.directory, 'large')
  writeFileSync(file, text)
  const copy = join(site.directory, 'copy')
  const readers = {
    raw: site.start([...c, 'sub', topic, '--count', '1', '--raw']),
    exec: site.start([...c, 'sub', topic, '--count', '1', '--exec', `cat > ${copy}`]),
    json: site.start([...c, 'sub', topic, '--count', '1', '--json']),
  }
  for (const reader of Object.values(readers)) await reader.saw(`subscribed ${topic}`)
  const id = await site.ok([...a, 'pub', topic, '--file', file, '--wait-peers', '1'])
  expect(id).toBe(digest(text))
  expect(digest((await readers.raw.outcome).stdout)).toBe(id)
  expect((await readers.exec.outcome).code).toBe(0)
  expect(digest(readFileSync(copy))).toBe(id)
  const view = JSON.parse((await readers.json.outcome).stdout) as MessageView
  expect(view).toMatchObject({ id, size: 20_000_000, bodySize: 20_000_000 })
  expect(view).not.toHaveProperty('text')
  const out = join(site.directory, 'out')
  await site.ok([...c, 'body', id.slice(0, 12), '--out', out])
  expect(digest(readFileSync(out))).toBe(id)

  const why = JSON.parse(await site.ok([...c, 'why', id, '--json'])) as WhyView
  expect(why.steps.map(({ what, reason }) => reason ?? what)).toEqual(
    expect.arrayContaining(['received', 'body-awaited', 'asked', 'valid', 'stored', 'delivered']),
  )
  expect(why).not.toHaveProperty('body')
  const { counters } = JSON.parse(await site.ok([...c, 'status', '--json'])) as StatusView
  expect(counters.bodies).toMatchObject({ waiting: 0, late: 0, wrong: 0 })
  expect(counters.bodies!.fetchedBytes).toBeGreaterThanOrEqual(20_000_000)
  expect(await site.ok([...b, 'status'])).toContain('given')
}, 180_000)

test('who joins later, and who was away, has the same, also when the author is gone', async () => {
  const text = textOf(2_000_000)
  const id = await site.ok([...a, 'pub', topic, '-'], { stdin: text })
  await until(
    () => site.run([...c, 'body', id]),
    ({ stdout }) => digest(stdout) === id,
    60_000,
  )
  await site.ok([...a, 'down'])
  await site.ok([...d, 'join', await site.ok([...c, 'ticket'])])
  await site.up('d')
  await site.ok([...d, ...define])
  await until(
    () => site.run([...d, 'body', id]),
    ({ stdout }) => digest(stdout) === id,
    60_000,
  )
  const file = join(site.directory, 'export')
  await site.ok([...c, 'topic', 'export', topic, file])
  expect(readFileSync(file, 'utf8')).toContain('"bodySize":2000000')
  expect(await site.run([...d, 'topic', 'import', file, '--dry-run'])).toMatchObject({ code: 0 })
  // What it is still fetching itself is not taken from a file.
  await until(
    () => site.run([...d, 'topic', 'import', file]),
    ({ code }) => code === 0,
  )
  await site.ok([...c, 'down'])
  await site.up('c')
  expect(digest(await site.ok([...c, 'body', id]))).toBe(id)
  expect(digest(await site.ok([...c, 'body', id, '--out', '-']))).toBe(id)
  expect(existsSync(join(site.directory, '-'))).toBe(false)
  const view = JSON.parse(await site.ok([...c, 'body', id, '--json'])) as { text: string }
  expect(view).toMatchObject({ id, topic, size: 2_000_000 })
  expect(digest(view.text)).toBe(id)
  await site.up('a')
}, 180_000)

test('lines may be longer than an envelope, and one that is too long is refused and not cut', async () => {
  const reader = site.start([...c, 'sub', topic, '--count', '2', '--raw'])
  await reader.saw(`subscribed ${topic}`)
  const [long, short] = [textOf(200_000), 'short']
  const lines = [long, textOf(2_000_000), short].join('\n')
  const { code, stdout, stderr } = await site.run([...b, 'pub', topic, '-', '--lines'], { stdin: lines })
  expect({ code, ids: stdout.trimEnd().split('\n') }).toEqual({ code: 1, ids: [digest(long), '', digest(short)] })
  expect(stderr).toContain('message 2')
  const file = join(site.directory, 'whole')
  writeFileSync(file, lines)
  expect((await site.run([...b, 'pub', 'plain', '--file', file])).stderr).toContain(
    'hint: a topic takes up to 32 MiB if it is announced: grapevine --node b topic define plain --dissemination hybrid',
  )
  const texts = (await reader.outcome).stdout
  expect([`${long}${short}`, `${short}${long}`]).toContain(texts)
}, 60_000)

test('a validator that is a command gets the whole payload', async () => {
  const rule = join(site.directory, 'rule.mjs')
  writeFileSync(
    rule,
    `import { createInterface } from 'node:readline'
for await (const line of createInterface({ input: process.stdin })) {
  const { id, text, size } = JSON.parse(line)
  console.log(JSON.stringify({ id, verdict: text.length === size && text.startsWith('good') ? 'accept' : 'reject' }))
}`,
  )
  const judged = ['topic', 'define', 'judged', '--id', 'content', '--dissemination', 'announce', '--validate', 'each']
  for (const node of [a, b, c]) await site.ok([...node, ...judged, '--validator', `${process.execPath} ${rule}`])
  const text = `good ${textOf(3_000_000)}`
  const id = await site.ok([...a, 'pub', 'judged', '-', '--wait-peers', '1'], { stdin: text })
  await until(
    () => site.run([...c, 'body', id]),
    ({ stdout }) => stdout === text,
    60_000,
  )
  expect(await site.run([...a, 'pub', 'judged', '-'], { stdin: `bad ${text}` })).toMatchObject({ code: 1, stdout: '' })
}, 120_000)

test('what is small is pushed, and looks as it always did', async () => {
  const reader = site.start([...c, 'sub', topic, '--count', '1', '--json'])
  await reader.saw(`subscribed ${topic}`)
  await site.ok([...b, 'pub', topic, 'small'])
  expect(JSON.parse((await reader.outcome).stdout)).toMatchObject({ text: 'small', size: 5 })
}, 60_000)

test('32 MiB is the most, and one byte more is refused', async () => {
  const file = join(site.directory, 'most')
  writeFileSync(file, randomBytes(32 << 20))
  const id = await site.ok([...b, 'pub', topic, '--file', file])
  expect(id).toBe(digest(readFileSync(file)))
  writeFileSync(file, Buffer.alloc((32 << 20) + 1))
  const refused = await site.run([...b, 'pub', topic, '--file', file, '--json'])
  expect(refused).toMatchObject({ code: 1, stdout: '' })
  expect(JSON.parse(refused.stderr)).toMatchObject({ error: { code: 'oversize' } })
}, 120_000)

const inMounts = ['--mount', '--map-root-user']
const canMount = spawnSync('unshare', [...inMounts, 'mount', '-t', 'tmpfs', 'tmpfs', '/mnt']).status === 0

test.skipIf(!canMount)('a body that the disk does not take is named, and leaves nothing behind', async () => {
  const id = await site.ok([...c, 'pub', topic, '-'], { stdin: textOf(2_000_000) })
  const script = `
    mount -t tmpfs -o size=1m tmpfs /mnt || exit 99
    "$NODE" "$MAIN" --node c body "$ID" --out /mnt/copy; echo "exit $?"; ls /mnt`
  const main = join(import.meta.dirname, '../packages/cli/dist/bundle/main.js')
  const { stdout, stderr } = spawnSync('unshare', [...inMounts, 'sh', '-c', script], {
    env: { ...process.env, HOME: site.directory, NODE: process.execPath, MAIN: main, ID: id },
    encoding: 'utf8',
  })
  expect(stderr).toMatch(/^error: \/mnt\/copy cannot be written: the disk is full\n/)
  expect(stdout).toBe('exit 2\n')
})
