import { createServer } from 'node:http'
import { once } from 'node:events'
import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until, type Running } from './site.ts'

const site = new Site()
const a = ['--node', 'a']
const b = ['--node', 'b']
const file = (name: string): string => join(site.directory, name)
const lines = (name: string): string[] =>
  existsSync(file(name)) ? readFileSync(file(name), 'utf8').split('\n').slice(0, -1) : []

beforeAll(async () => {
  // Two networks: nothing but the router connects them.
  await site.ok([...a, 'network', 'create', 'one'])
  await site.ok([...b, 'network', 'create', 'two'])
  await Promise.all([site.up('a'), site.up('b')])
})
afterAll(() => site.close('a', 'b'))

function route(name: string, toml: string): Running {
  writeFileSync(file(name), toml)
  return site.start([...a, 'route', 'run', file(name)])
}

async function stop({ child, outcome }: Running): Promise<void> {
  child.kill('SIGTERM')
  expect((await outcome).code).toBe(0)
}

test('a stream in both directions carries each message of two networks over once, and none back', async () => {
  const toml = `
    [bridge]
    from = { topic = "chat" }
    to = { topic = "talk", node = "b" }
    direction = "both"
    start = "all"
  `
  await site.ok([...a, 'pub', 'chat', 'from one'])
  const router = route('bridge.toml', toml)
  await site.ok([...b, 'pub', 'talk', 'from two'])
  const messages = (node: readonly string[], topic: string): Promise<string> => site.ok([...node, 'history', topic])
  await until(
    () => messages(b, 'talk'),
    (text) => text.includes('from one'),
  )
  await until(
    () => messages(a, 'chat'),
    (text) => text.includes('from two'),
  )
  // What would come back would come before the next one.
  await site.ok([...a, 'pub', 'chat', 'the end'])
  await until(
    () => messages(b, 'talk'),
    (text) => text.includes('the end'),
  )
  await site.ok([...b, 'pub', 'talk', 'that is all'])
  await until(
    () => messages(a, 'chat'),
    (text) => text.includes('that is all'),
  )
  const each = ['from one', 'from two', 'that is all', 'the end']
  expect((await messages(a, 'chat')).split('\n').toSorted()).toEqual(each)
  expect((await messages(b, 'talk')).split('\n').toSorted()).toEqual(each)
  await stop(router)
  // It goes on where it was.
  await site.ok([...a, 'pub', 'chat', 'while it was away'])
  const again = route('bridge.toml', toml)
  await until(
    () => messages(b, 'talk'),
    (text) => text.includes('while it was away'),
  )
  await stop(again)
  expect((await messages(b, 'talk')).split('\n').toSorted()).toEqual([...each, 'while it was away'].toSorted())
})

test('files and commands: what is appended is published, filtered, changed by a plugin, and written elsewhere, in order', async () => {
  const plugin = `${process.execPath} -e 'require("readline").createInterface({input: process.stdin}).on("line", (line) => {
    const { text } = JSON.parse(line)
    console.log(JSON.stringify(text === "secret" ? { action: "drop" } : { action: "accept", text: text.toUpperCase() }))
  })'`
  writeFileSync(file('in.txt'), 'one\nsecret\n')
  const router = route(
    'files.toml',
    `
    [in]
    from = { file = ${JSON.stringify(file('in.txt'))} }
    to = { topic = "lines" }
    plugin = ${JSON.stringify(plugin)}
    start = "all"
    [out]
    from = { topic = "lines" }
    to = { command = ${JSON.stringify(`cat >> ${file('out.txt')}`)}, lines = "text" }
    filter = { match = "^[A-M]" }
    start = "all"
    [json]
    from = { topic = "lines" }
    to = { file = ${JSON.stringify(file('out.ndjson'))} }
    start = "all"
    `,
  )
  const many = Array.from({ length: 500 }, (_, index) => `line ${index}`)
  appendFileSync(file('in.txt'), `${many.join('\n')}\n`)
  const written = await until(
    () => lines('out.ndjson'),
    (all) => all.length >= 501,
  )
  const wanted = ['ONE', ...many.map((line) => line.toUpperCase())]
  expect(written.map((line) => (JSON.parse(line) as { text: string }).text)).toEqual(wanted)
  await until(
    () => lines('out.txt'),
    (all) => all.length >= 500,
  )
  expect(lines('out.txt')).toEqual(wanted.slice(1))
  await stop(router)
})

test('HTTP: what is posted is published, and a hook that fails gets its message again', async () => {
  const got: string[] = []
  let failures = 2
  const hook = createServer((request, response) => {
    const chunks: Buffer[] = []
    request.on('data', (chunk: Buffer) => chunks.push(chunk))
    request.on('end', () => {
      const isTaken = failures-- <= 0
      if (isTaken) got.push(`${String(request.headers['x-grapevine-topic'])}: ${Buffer.concat(chunks).toString()}`)
      response.writeHead(isTaken ? 204 : 500).end()
    })
  })
  hook.listen(0, '127.0.0.1')
  await once(hook, 'listening')
  const probe = createServer().listen(0, '127.0.0.1')
  await once(probe, 'listening')
  const { port } = probe.address() as AddressInfo
  probe.close()
  await once(probe, 'close')
  const address = `http://127.0.0.1:${port}/in`
  const router = route(
    'http.toml',
    `
    [in]
    from = { http = "${address}" }
    to = { topic = "hooks" }
    [out]
    from = { topic = "hooks" }
    to = { http = "http://127.0.0.1:${(hook.address() as AddressInfo).port}/" }
    start = "all"
    `,
  )
  await router.saw('takes messages')
  for (const body of ['one', 'two']) expect((await fetch(address, { method: 'POST', body })).status).toBe(202)
  expect((await fetch(`${address}/not`, { method: 'POST', body: 'x' })).status).toBe(404)
  expect((await fetch(address)).status).toBe(405)
  const fromPage = await fetch(address, { method: 'POST', body: 'x', headers: { origin: 'https://example.org' } })
  expect(fromPage.status).toBe(403)
  expect((await fetch(address, { method: 'POST', body: 'x'.repeat(70_000) })).status).toBe(413)
  await until(
    () => got,
    ({ length }) => length >= 2,
  )
  expect(got).toEqual(['hooks: one', 'hooks: two'])
  await stop(router)
  hook.closeAllConnections()
  hook.close()
})

test('a change of the file counts at once; a mistake in it is told, and changes nothing', async () => {
  const one = `[one]\nfrom = { topic = "switch" }\nto = { file = ${JSON.stringify(file('one.txt'))}, lines = "text" }\nstart = "all"\n`
  const router = route('reload.toml', one)
  await router.saw('1 stream')
  writeFileSync(file('reload.toml'), 'nonsense = [')
  await router.saw('the streams go on as they were')
  await site.ok([...a, 'pub', 'switch', 'first'])
  await until(
    () => lines('one.txt'),
    (all) => all.length === 1,
  )
  writeFileSync(file('reload.toml'), one.replaceAll('one', 'two'))
  await router.saw('1 stream, 1 ended')
  await site.ok([...a, 'pub', 'switch', 'second'])
  await until(
    () => lines('two.txt'),
    (all) => all.length === 2,
  )
  expect(lines('one.txt')).toEqual(['first'])
  await stop(router)
})

test('the file is checked: place, what was expected, what came', async () => {
  const check = async (toml: string): Promise<string> => {
    writeFileSync(file('check.toml'), toml)
    const { code, stderr } = await site.run(['route', 'check', file('check.toml')])
    expect(code).toBe(2)
    return stderr
  }
  expect(await check('[a]\nfrom = {}\nto = { topic = "x" }')).toContain(
    'a.from: expected one of topic, command, file and http',
  )
  expect(await check('[a]\nfrom = { topic = "x" }\nto = { http = "nowhere" }')).toContain(
    'expected an address, got nowhere',
  )
  expect(await check('[a]\nfrom = { topic = "x" }\nto = { file = "y" }\ndirection = "both"')).toContain(
    'both only between',
  )
  expect(await check('[a]\nfrom = { topic = "x" }\nto = { file = "y" }\nfilter = { match = "(" }')).toContain(
    'a regular expression',
  )
  expect(await check('[a]\nfrom = { topic = "x" }\nto = { file = "y" }\nfilters = {}')).toContain('unknown field')
  writeFileSync(file('check.toml'), '[a]\nfrom = { topic = "x" }\nto = { command = "cat", lines = "text" }')
  expect(await site.ok(['route', 'check', file('check.toml')])).toBe('a  topic x  ->  command cat')
})
