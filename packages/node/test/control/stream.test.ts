import { createHash } from 'node:crypto'
import { once } from 'node:events'
import type { LineInput } from '@grapevine/protocol/control'
import { expect, test } from 'vitest'
import { serveEcho, until } from './serve-echo.ts'

test('a reader gets ready, then messages of its topics', async () => {
  const { client, node } = await serveEcho()
  const events = client.stream('subscribe', { topic: ['a', 'b'] })
  expect((await events.next()).value).toEqual({ ready: { a: { peers: 0 }, b: { peers: 0 } } })
  await client.call('publish', { topic: 'b' }, { body: Buffer.from('one\n\ntwo') })
  await client.call('publish', { topic: 'c' }, { body: Buffer.from('not for us') })
  await client.call('publish', { topic: 'a' }, { body: Buffer.from('three') })
  expect((await events.next()).value).toMatchObject({ topic: 'b', text: 'one\n\ntwo' })
  expect((await events.next()).value).toMatchObject({ topic: 'a', text: 'three' })
  await events.return()
  await until(() => node.readers.size === 0)
})

test('events are numbered, named and kept alive by comments', async () => {
  const { connect, node } = await serveEcho({ heartbeatMs: 5 })
  const socket = connect()
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  socket.write('GET /v1/subscribe?topic=a HTTP/1.1\r\nhost: x\r\n\r\n')
  await until(() => text.includes('\n:\n\n'))
  await node.publish('a', Buffer.from('hi'))
  await until(() => text.includes('"text":"hi"'))
  expect(text).toMatch(/^HTTP\/1\.1 200 .*content-type: text\/event-stream/s)
  expect(text).toMatch(/id: 0\nevent: ready\ndata: \{"ready":\{"a":\{"peers":0\}\}\}\n\n/)
  expect(text).toMatch(/id: 1\nevent: message\ndata: \{.*\}\n\n/)
})

test('a reader that comes back with the id of its last event goes on behind it', async () => {
  const { client, node } = await serveEcho()
  const place: { id?: string } = {}
  const onEventId = (id: string): void => void (place.id = id)
  const first = client.stream('subscribe', { topic: ['a'] }, { onEventId })
  await first.next()
  await node.publish('a', Buffer.from('one'))
  expect((await first.next()).value).toMatchObject({ text: 'one' })
  await first.return()
  await node.publish('a', Buffer.from('two'))
  const again = client.stream('subscribe', { topic: ['a'] }, { lastEventId: place.id })
  await again.next()
  expect((await again.next()).value).toMatchObject({ text: 'two' })
  await again.return()
})

test('a subscription needs a topic or a glob', async () => {
  const { client } = await serveEcho()
  await expect(client.stream('subscribe', {}).next()).rejects.toMatchObject({ code: 'usage' })
})

test('a reader that does not read misses messages, and costs no memory', async () => {
  const { client, node } = await serveEcho()
  const events = client.stream('subscribe', { topic: ['a'] })
  await events.next()
  const payload = Buffer.alloc(50_000, 'x')
  const count = 600
  for (let number = 0; number < count; number++) {
    await node.publish('a', payload)
    await new Promise((resolve) => setImmediate(resolve))
  }
  let messages = 0
  let missed = 0
  for (let seen = 0; seen < count;) {
    const { value } = await events.next()
    if (value !== undefined && 'gap' in value) missed += value.gap.missed ?? 0
    else messages++
    seen = messages + missed
  }
  // 30 MB went in. 64 messages wait in the subscription (3.2 MB); server, kernel and client hold about 1 MB together.
  expect(missed).toBeGreaterThan(count - 64 - 60)
  expect(messages + missed).toBe(count)
  await events.return()
})

test('a reader that leaves ends its subscription at once, also by signal', async () => {
  const { client, node } = await serveEcho()
  const abort = new AbortController()
  const events = client.stream('subscribe', { topic: ['a'] }, { signal: abort.signal })
  await events.next()
  expect(node.readers.size).toBe(1)
  const next = events.next()
  abort.abort(new Error('enough'))
  await expect(next).rejects.toThrow('enough')
  await until(() => node.readers.size === 0)
})

test('a node that stops ends its readers', async () => {
  const { client, node, control } = await serveEcho()
  const events = client.stream('subscribe', { topic: ['a'] })
  await events.next()
  await node.stop()
  expect(await events.next()).toEqual({ done: true, value: undefined })
  const others = client.stream('subscribe', { topic: ['a'] })
  await others.next()
  await control.close()
  expect(await others.next()).toEqual({ done: true, value: undefined })
})

test('100,000 lines come back complete and in order', async () => {
  const { client, node } = await serveEcho()
  const count = 100_000
  async function* lines(): AsyncGenerator<LineInput> {
    for (let number = 0; number < count; number++) yield { text: `message ${number}` }
  }
  const started = performance.now()
  const order: string[] = []
  for await (const result of client.stream('publishLines', { topic: 'chat' }, { body: lines() }))
    order.push('id' in result ? result.id : result.error.message)
  const took = performance.now() - started
  const expected = Array.from({ length: count }, (_, number) =>
    createHash('sha256').update(`message ${number}`).digest('hex'),
  )
  expect(order).toEqual(expected)
  expect(node.pendingMax).toBeLessThanOrEqual(4_096)
  console.log(`100,000 lines: ${Math.round(took)} ms, at most ${node.pendingMax} under way`)
})

test('a result comes before the next line is known', async () => {
  const { client } = await serveEcho()
  let next: ((line: LineInput) => void) | undefined
  async function* lines(): AsyncGenerator<LineInput> {
    for (let number = 0; number < 3; number++)
      yield await new Promise<LineInput>((resolve) => {
        next = resolve
      })
  }
  const results = client.stream('publishLines', { topic: 'chat' }, { body: lines() })
  for (const text of ['one', 'two!', 'three']) {
    const result = results.next()
    await until(() => next !== undefined)
    next!({ text })
    next = undefined
    expect((await result).value).toMatchObject({ topic: 'chat', state: 'local' })
  }
  expect(await results.next()).toEqual({ done: true, value: undefined })
})

test('a refused line is answered in its place, and the others go on', async () => {
  const { connect, node, errors } = await serveEcho({ bodyBytesMax: 100_000 })
  const lines = [
    '{"text":"first"}',
    'not json',
    '{"text":"a","base64":"YQ=="}',
    '{"base64":"YQ"}',
    '{"base64":"YQ=="}',
    '',
    `{"text":"${'x'.repeat(60_001)}"}`,
    `{"text":"${'x'.repeat(300_000)}"}`,
    '{"text":"\\ud800"}',
    '{"text":"bug"}',
    '{"text":"last"}',
  ]
  const body = Buffer.concat([Buffer.from(lines.join('\n')), Buffer.from('\n"\xff"\n', 'latin1')])
  const socket = connect()
  let text = ''
  socket.setEncoding('utf8').on('data', (chunk: string) => (text += chunk))
  const length = `content-length: ${body.length}\r\nconnection: close`
  socket.write(`POST /v1/publish/lines?topic=chat HTTP/1.1\r\nhost: x\r\n${length}\r\n\r\n`)
  socket.write(body)
  await once(socket, 'close')
  const results = text
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as { state?: string; error?: { code: string } })
  const codes = results.map(({ state, error }) => state ?? error?.code)
  expect(codes.join(' ')).toBe('local usage usage usage local usage oversize oversize usage internal local usage')
  expect(node.published.toSorted()).toEqual(['a', 'first', 'last'])
  expect(errors).toMatchObject([{ name: 'TypeError' }])
})

test('no more lines are read than are under way, and none while results are not read', async () => {
  const { client, node } = await serveEcho()
  let taken = 0
  async function* lines(): AsyncGenerator<LineInput> {
    for (;;) {
      taken++
      yield { text: 'x'.repeat(2_000) }
    }
  }
  let open: (() => void) | undefined
  node.gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const results = client.stream('publishLines', { topic: 'chat' }, { body: lines() })
  const first = results.next()
  // 1 MiB of payloads of 2,000 bytes.
  await until(() => node.pending === 525)
  const stuck = await settled(() => taken)
  expect(node.pendingMax).toBe(525)
  expect(stuck).toBeLessThan(5_000)
  open!()
  await first
  // One result is read and the others are not: buffers fill up, and then nothing moves.
  const read = await settled(() => taken)
  expect(read).toBeLessThan(40_000)
  expect(node.published.length).toBeLessThan(40_000)
  await results.return()
  await until(() => node.pending === 0)
})

/** The value once it has not changed for 200 turns of the event loop that also let sockets move. */
async function settled(value: () => number): Promise<number> {
  let last = value()
  for (let still = 0; still < 200; still++) {
    await new Promise((resolve) => setImmediate(resolve))
    if (value() === last) continue
    last = value()
    still = 0
  }
  return last
}

test('what the source of lines throws, the stream throws', async () => {
  const { client, node } = await serveEcho()
  async function* lines(): AsyncGenerator<LineInput> {
    yield { text: 'one' }
    await until(() => node.published.length === 1)
    throw new Error('cannot read file')
  }
  const consume = async (): Promise<void> => {
    for await (const result of client.stream('publishLines', { topic: 'chat' }, { body: lines() }))
      expect(result).toMatchObject({ state: 'local' })
  }
  await expect(consume()).rejects.toThrow('cannot read file')
})

test('a node that stops in the middle of lines answers those under way, and the client knows', async () => {
  const { client, node, control } = await serveEcho()
  async function* lines(): AsyncGenerator<LineInput> {
    yield { text: 'one' }
    yield { text: 'two' }
    await new Promise(() => undefined)
  }
  let open: (() => void) | undefined
  node.gate = new Promise<void>((resolve) => {
    open = resolve
  })
  const results = client.stream('publishLines', { topic: 'chat' }, { body: lines() })
  const first = results.next()
  await until(() => node.pending === 2)
  const closed = control.close()
  open!()
  expect((await first).value).toMatchObject({ state: 'local' })
  expect((await results.next()).value).toMatchObject({ state: 'local' })
  await expect(results.next()).rejects.toMatchObject({ code: 'stopped' })
  await closed
})
