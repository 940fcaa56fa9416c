import { once } from 'node:events'
import { describe, expect, test } from 'vitest'
import { send, serveEcho, token, until } from './serve-echo.ts'

const json = { 'content-type': 'application/json' }

const refusals: readonly [
  what: string,
  method: string,
  path: string,
  headers: object,
  body: string | undefined,
  status: number,
  code: string,
][] = [
  ['an unknown route', 'GET', '/v1/nothing', {}, undefined, 404, 'not-found'],
  ['an empty path parameter', 'GET', '/v1/messages//why', {}, undefined, 404, 'not-found'],
  ['a wrong method', 'PUT', '/v1/status', {}, undefined, 405, 'usage'],
  ['broken percent-encoding', 'GET', '/v1/messages/%zz/why', {}, undefined, 400, 'usage'],
  ['an id that is not hex', 'GET', '/v1/messages/xyz/why', {}, undefined, 400, 'usage'],
  ['an absolute target', 'GET', 'http://x/v1/status', {}, undefined, 400, 'usage'],
  ['an unknown parameter', 'GET', '/v1/status?verbose=1', {}, undefined, 400, 'usage'],
  ['a parameter named __proto__', 'GET', '/v1/status?__proto__=1', {}, undefined, 400, 'usage'],
  ['a missing parameter', 'POST', '/v1/publish', {}, 'x', 400, 'usage'],
  ['a parameter given twice', 'POST', '/v1/publish?topic=a&topic=b', {}, 'x', 400, 'usage'],
  ['a topic with characters that none has', 'POST', '/v1/publish?topic=a%20b', {}, 'x', 400, 'usage'],
  ['a topic of 129 characters', 'POST', `/v1/publish?topic=${'a'.repeat(129)}`, {}, 'x', 400, 'usage'],
  ['a number that is none', 'POST', '/v1/publish?topic=a&timeout=1e3', {}, 'x', 400, 'usage'],
  ['a number out of range', 'POST', '/v1/publish?topic=a&waitPeers=-1', {}, 'x', 400, 'usage'],
  ['a boolean that is none', 'GET', '/v1/peers?all=yes', {}, undefined, 400, 'usage'],
  ['a body where none is taken', 'POST', '/v1/stop', {}, 'x', 400, 'usage'],
  ['a subscription to nothing', 'GET', '/v1/subscribe', {}, undefined, 400, 'usage'],
  ['a subscription to a wildcard', 'GET', '/v1/subscribe?topic=a&topic=%2a', {}, undefined, 400, 'usage'],
  ['a body that is not JSON', 'POST', '/v1/topics', json, '{"topic":', 400, 'usage'],
  ['a body of the wrong type', 'POST', '/v1/topics', json, '{"topic":5}', 400, 'usage'],
  ['a body with an unknown name', 'POST', '/v1/topics', json, '{"topic":"a","x":1}', 400, 'usage'],
  ['a body that is deep', 'POST', '/v1/topics', json, '['.repeat(400_000) + ']'.repeat(400_000), 400, 'usage'],
  [
    'a JSON body of another type',
    'POST',
    '/v1/topics',
    { 'content-type': 'text/plain' },
    '{"topic":"a"}',
    415,
    'usage',
  ],
  ['a body of 2 MiB', 'POST', '/v1/publish?topic=a', {}, 'x'.repeat(2_097_152), 413, 'oversize'],
  ['a JSON body of 2 MiB', 'POST', '/v1/topics', json, ' '.repeat(2_097_152), 413, 'oversize'],
  ['headers of 20 KB', 'GET', '/v1/status', { 'x-long': 'x'.repeat(20_000) }, undefined, 431, 'usage'],
]

test.each(refusals)('%s is refused', async (_, method, path, headers, body, status, code) => {
  const { node, socketPath, errors } = await serveEcho()
  const answer = await send({ socketPath }, method, path, headers as Record<string, string>, body)
  expect(answer).toMatchObject({ status, code })
  expect(answer.message).toMatch(/^.{5,200}$/)
  expect(node.published).toEqual([])
  expect(errors).toEqual([])
})

test('a refusal names the parameter and what was expected', async () => {
  const { socketPath } = await serveEcho()
  const { message } = await send({ socketPath }, 'GET', '/v1/subscribe?topic=a&topic=b%20c')
  expect(message).toBe('the request topic 1 must match pattern "^[A-Za-z0-9._/-]{1,128}$" (topic name)')
  const { headers } = await send({ socketPath }, 'PUT', '/v1/topics')
  expect(headers['allow']).toBe('GET, POST, DELETE')
})

test('a body in chunks without end is cut off at the limit', async () => {
  const { socketPath, node } = await serveEcho()
  function* endless(): Generator<Buffer> {
    for (;;) yield Buffer.alloc(16_384)
  }
  const answer = await send({ socketPath }, 'POST', '/v1/publish?topic=a', {}, endless())
  expect(answer).toMatchObject({ status: 413, code: 'oversize' })
  expect(node.published).toEqual([])
})

test('a body that does not come is given up', async () => {
  const { connect } = await serveEcho({ bodyTimeoutMs: 50 })
  const socket = connect()
  socket.write('POST /v1/publish?topic=a HTTP/1.1\r\nhost: x\r\ncontent-length: 10\r\n\r\nabc')
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 408 .*"code":"timeout"/s)
  await once(socket, 'close')
})

const junk: readonly [what: string, bytes: string][] = [
  ['bytes that are not HTTP', '\u0000\u0001\u0002 hello\r\n\r\n'],
  [
    'a request with two lengths',
    'POST /v1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\nab',
  ],
  [
    'a request with a length and chunks',
    'POST /v1/stop HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n',
  ],
  ['a request with a negative length', 'POST /v1/publish?topic=a HTTP/1.1\r\nhost: x\r\ncontent-length: -1\r\n\r\n'],
  ['a chunk of no size', 'POST /v1/publish?topic=a HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nxyz\r\n'],
]

test.each(junk)('%s gets 400, and the connection ends', async (_, bytes) => {
  const { connect, errors, stops } = await serveEcho()
  const socket = connect()
  socket.write(bytes)
  const [answer] = (await once(socket, 'data')) as [Buffer]
  expect(answer.toString()).toMatch(/^HTTP\/1\.1 400 .*"code":"usage"/s)
  await once(socket, 'close')
  expect(errors).toEqual([])
  expect(stops()).toBe(0)
})

describe('on TCP', () => {
  const bearer = { authorization: `Bearer ${token}` }

  test('a request without the token is refused', async () => {
    const { port } = await serveEcho()
    expect(await send({ port }, 'GET', '/v1/status')).toMatchObject({ status: 401, code: 'denied' })
    const basic = { authorization: 'Basic eDp5' }
    expect(await send({ port }, 'GET', '/v1/status', basic)).toMatchObject({ status: 401, code: 'denied' })
    expect(await send({ port }, 'GET', '/v1/status', bearer)).toMatchObject({ status: 200 })
  })

  test('another Host is refused even with the token', async () => {
    const { port } = await serveEcho()
    for (const host of ['evil.example', `evil.example:${port}`, 'localhost', '127.0.0.1:1']) {
      const answer = await send({ port }, 'GET', '/v1/status', { ...bearer, host })
      expect({ host, ...answer }).toMatchObject({ host, status: 403, code: 'denied' })
    }
    for (const host of [`localhost:${port}`, `127.0.0.1:${port}`, `[::1]:${port}`])
      expect(await send({ port }, 'GET', '/v1/status', { ...bearer, host })).toMatchObject({ status: 200 })
  })

  test('a foreign Origin is refused even with the token', async () => {
    const { port, stops } = await serveEcho()
    for (const origin of [
      'http://evil.example',
      'null',
      `https://127.0.0.1:${port}`,
      `http://127.0.0.1:${port}.evil.example`,
    ]) {
      const answer = await send({ port }, 'POST', '/v1/stop', { ...bearer, origin })
      expect({ origin, ...answer }).toMatchObject({ origin, status: 403, code: 'denied' })
    }
    const own = { ...bearer, origin: `http://127.0.0.1:${port}` }
    expect(await send({ port }, 'GET', '/v1/status', own)).toMatchObject({ status: 200 })
    expect(stops()).toBe(0)
  })

  test('ten wrong tokens close the door to all, and missing ones do not', async () => {
    const { port } = await serveEcho()
    for (let count = 0; count < 12; count++) await send({ port }, 'GET', '/v1/status')
    expect(await send({ port }, 'GET', '/v1/status', bearer)).toMatchObject({ status: 200 })
    for (let count = 0; count < 10; count++) {
      const wrong = { authorization: `Bearer ${token.slice(1)}${count}` }
      expect(await send({ port }, 'GET', '/v1/status', wrong)).toMatchObject({ status: 401 })
    }
    const closed = await send({ port }, 'GET', '/v1/status', bearer)
    expect(closed).toMatchObject({ status: 429, code: 'overloaded', headers: { 'retry-after': '60' } })
  })
})

test('a broken connection ends its subscription', async () => {
  const { connect, node } = await serveEcho()
  const socket = connect()
  socket.write('GET /v1/subscribe?topic=a HTTP/1.1\r\nhost: x\r\n\r\n')
  await once(socket, 'data')
  expect(node.readers.size).toBe(1)
  socket.destroy()
  await until(() => node.readers.size === 0)
})
