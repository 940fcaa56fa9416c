import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { TopicDetailView, TopicView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until } from './site.ts'

const site = new Site()
const a = ['--node', 'a']
const b = ['--node', 'b']
const show = async (node: readonly string[], topic: string): Promise<TopicDetailView> =>
  JSON.parse(await site.ok([...node, 'topic', 'show', topic, '--json'])) as TopicDetailView

beforeAll(async () => {
  await site.ok([...a, 'network', 'create', 'demo'])
  await site.up('a')
  await site.ok([...b, 'join', await site.ok([...a, 'ticket'])])
  await site.up('b')
})
afterAll(() => site.close('a', 'b'))

test('nodes tell each other what they mean by a topic, before anybody says a word, and again when it changes', async () => {
  await site.ok([...a, 'topic', 'define', 'chat', '--text', '--max-bytes', '100'])
  await site.ok([...b, 'topic', 'add', 'chat'])
  const seen = await until(
    () => show(a, 'chat'),
    ({ others }) => others.length === 1,
  )
  expect(seen.others[0]).toMatchObject({ by: 'peer', agrees: false })
  expect(seen.others[0]).not.toHaveProperty('schemaId')
  expect(seen.otherwise).toBe(1)
  const text = await site.ok([...b, 'topic', 'show', 'chat'])
  expect(text).toContain(`goes by another definition (${seen.hash.slice(0, 8)}…)`)
  expect(text).toContain('0 nodes agree')
  expect(await site.ok([...b, 'topic', 'ls'])).toContain('1 node by another definition')

  // What nobody defined takes a definition without --replace; the file is what `topic show --json` printed.
  const file = join(site.directory, 'chat.json')
  writeFileSync(file, JSON.stringify(seen))
  await site.ok([...b, 'topic', 'define', file])
  for (const node of [a, b]) {
    const { hash, otherwise } = await until(
      () => show(node, 'chat'),
      (view) => view.otherwise === 0 && view.others.length === 1,
    )
    expect({ hash, otherwise }).toEqual({ hash: seen.hash, otherwise: 0 })
  }
  expect(await site.ok([...a, 'topic', 'show', 'chat'])).toContain('1 node agrees')
})

test('another definition is refused unless it is to replace the first, and survives a restart', async () => {
  const define = [...a, 'topic', 'define', 'temperature', '--text']
  const first = JSON.parse(await site.ok([...define, '--json'])) as TopicDetailView
  expect(await site.run([...define, '--rate', '5'])).toEqual({
    code: 1,
    stdout: '',
    stderr:
      'error: topic temperature is held under another definition\n' +
      'hint: see: grapevine --node a topic show temperature; to put another in its place: topic define --replace\n',
  })
  // The same again is no change.
  expect(JSON.parse(await site.ok([...define, '--json']))).toMatchObject({ hash: first.hash })
  const second = JSON.parse(await site.ok([...define, '--rate', '5', '--replace', '--json'])) as TopicDetailView
  expect(second.hash).not.toBe(first.hash)
  await site.ok([...a, 'down'])
  await site.up('a')
  const { hash, definition } = await show(a, 'temperature')
  expect({ hash, rate: definition.authorRateMax }).toEqual({ hash: second.hash, rate: 5 })
  const topics = JSON.parse(await site.ok([...a, 'topic', 'ls', '--json'])) as TopicView[]
  expect(topics.find(({ topic }) => topic === 'temperature')?.hash).toBe(second.hash)
})

test('a topic announces what is large, in its definition, its hash and on its screens', async () => {
  const define = [...a, 'topic', 'define', 'blocks', '--id', 'content']
  const plain = JSON.parse(await site.ok([...define, '--json'])) as TopicDetailView
  const large = JSON.parse(
    await site.ok([...define, '--dissemination', 'hybrid:16KiB', '--max-bytes', '8MiB', '--replace', '--json']),
  ) as TopicDetailView
  expect(large.definition).toMatchObject({ dissemination: { hybrid: 16_384 }, messageBytesMax: 8_388_608 })
  expect(large.hash).not.toBe(plain.hash)
  expect(await site.ok([...a, 'topic', 'show', 'blocks'])).toContain('payloads above 16384 bytes are announced')
  expect(await site.ok([...a, 'topic', 'ls'])).toContain('hybrid:16384')
  const pushed = JSON.parse(
    await site.ok([...define, '--dissemination', 'push', '--replace', '--json']),
  ) as TopicDetailView
  expect(pushed.hash).toBe(plain.hash)
  for (const wrong of ['hybrid', 'hybrid:0', 'hybrid:1MiB', 'sometimes'])
    expect(await site.run([...define, '--dissemination', wrong])).toMatchObject({ code: 2, stdout: '' })
  const raw = await site.run([...a, 'topic', 'define', 'rawest', '--raw', '--dissemination', 'announce', '--json'])
  expect(raw).toMatchObject({ code: 2, stdout: '' })
  expect(JSON.parse(raw.stderr)).toMatchObject({ error: { code: 'usage' } })
})

test('of nodes that name messages by different rules neither accuses the other, and readers and comparisons say what is wrong', async () => {
  await site.ok([...a, 'topic', 'define', 'deals', '--id', 'content'])
  await site.ok([...b, 'topic', 'define', 'deals', '--id', 'sha256d'])
  await until(
    () => Promise.all([show(a, 'deals'), show(b, 'deals')]),
    (views) => views.every(({ otherwise }) => otherwise === 1),
  )
  await site.ok([...a, 'pub', 'deals', 'one'])
  const lines = async (): Promise<string> =>
    (await Promise.all([a, b].map((node) => site.ok([...node, 'logs', '-n', '1000', '--level', 'warn'])))).join('\n')
  expect(await until(lines, (text) => text.includes('goes by another definition of a topic'))).toContain(
    'topic show deals',
  )
  expect(await lines()).not.toContain('broke the protocol')
  const reader = site.start([...b, 'sub', 'deals', '--last', '1', '--count', '1'])
  const hint = '1 node goes by another definition of deals: compare what both say to: grapevine --node'
  expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'one\n' })
  expect(reader.stderr()).toContain(`warning: ${hint} b topic show deals`)
  // What is 10 s old is compared.
  const { stderr } = await until(
    () => site.run([...a, 'topic', 'verify', 'deals']),
    ({ code }) => code !== 0,
  )
  expect(stderr).toContain('error: stores of deals differ\nhint: ')
  expect(stderr).toContain(`${hint} a topic show deals`)
})

test('a payload that breaks the rules is refused at publish: where, what was expected, and what came', async () => {
  const schema = join(site.directory, 'schema.json')
  writeFileSync(
    schema,
    JSON.stringify({
      type: 'object',
      properties: { celsius: { type: 'number', minimum: -273 }, unit: { enum: ['C', 'K'] } },
      required: ['celsius'],
      additionalProperties: false,
    }),
  )
  await site.ok([...a, 'topic', 'define', 'sensors', '--schema', schema])
  for (const [payload, fault] of [
    ['{"celsius":"x"}', '/celsius: expected number, got "x"'],
    ['{"celsius":-300}', '/celsius: expected a number >= -273, got -300'],
    ['{"celsius":1,"unit":"F"}', '/unit: expected one of "C", "K", got "F"'],
    ['{"celsius":1,"at":2}', 'the value: expected no property "at", got an object with "celsius", "at"'],
    ['{}', 'the value: expected the property "celsius", got an empty object'],
    ['celsius', 'not JSON, or nested deeper than 64'],
  ] as const) {
    const { code, stderr } = await site.run([...a, 'pub', 'sensors', payload, '--json'])
    expect(code).toBe(1)
    expect(JSON.parse(stderr)).toEqual({
      error: { code: 'bad-schema', message: fault, hint: 'see the rules with: grapevine --node a topic show sensors' },
    })
  }
  expect((await site.run([...a, 'pub', 'sensors', '{"celsius":1}'])).code).toBe(0)
})

test.each([
  [{ type: 'object', required: ['a'] }],
  [{ minimum: 1, maxLength: 5 }],
  [{ prefixItems: [{ type: 'string' }], items: false }],
  [{ title: 't', $comment: 'c', type: ['string', 'null'], format: 'email', examples: ['x'] }],
  [true],
])('a schema that the draft allows is taken: %j', async (schema) => {
  const stdin = JSON.stringify({ name: 'allowed', payload: { json: schema } })
  const { code, stderr } = await site.run([...a, 'topic', 'define', '-', '--replace'], { stdin })
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' })
})

test('a definition that cannot be is refused in a line that names the field', async () => {
  const file = join(site.directory, 'wrong.json')
  for (const [input, message] of [
    ['{"name":"x","max":5}', 'max: expected one of name'],
    ['{"name":"x","id":{"field":"a"}}', 'id: expected'],
    ['{"name":"x","messageBytesMax":1e9}', 'messageBytesMax: expected 0 to'],
    ['{"name":"x","payload":{"json":{"typo":1}}}', 'unknown keyword: "typo"'],
    ['[]', 'does not hold a definition'],
    ['{', 'is not JSON'],
  ] as const) {
    writeFileSync(file, input)
    const { code, stderr } = await site.run([...a, 'topic', 'define', file])
    expect(code).toBe(2)
    expect(stderr).toContain(message)
  }
  expect((await site.run([...a, 'topic', 'show', 'x'])).stderr).toContain('topic x is not held')
})

test('ids are those of the chain, also in why; what has none is refused', async () => {
  const text = await site.ok([...a, 'topic', 'define', 'headers', '--id', 'sha256d:4:reversed'])
  expect(text).toContain('sha256d:4:reversed: the hash of the message’s first 4 bytes')
  const id = 'c61be1605069ee41aebd1316fb77315cb858fcc914a2a739a49f91cd8e159c7e'
  expect(await site.ok([...a, 'pub', 'headers', 'abcd and more'])).toBe(id)
  expect(await site.ok([...a, 'why', id])).toContain('headers')
  expect(await site.run([...a, 'pub', 'headers', 'abc'])).toMatchObject({ code: 1, stdout: '' })
  expect(await site.run([...a, 'topic', 'define', 'other', '--id', 'md5'])).toMatchObject({
    code: 2,
    stderr: expect.stringContaining('--id md5: it takes signed'),
  })
})
