import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, onTestFinished, test } from 'vitest'
import { createNode } from '../src/create-node.ts'
import { defineTopic } from '../src/topic/topic.ts'
import { temporaryFolder } from './temporary-home.ts'
import { collect, startNode, until } from './test-network.ts'

const listen = ['/ip4/127.0.0.1/tcp/0']

test('a validator that throws, hangs or answers junk costs its messages only', async () => {
  let asked = 0
  const validate = ({ payload }: { payload: Uint8Array }): never => {
    asked++
    const text = Buffer.from(payload).toString()
    if (text === 'throw') throw Object.create(null)
    if (text === 'reject') return Promise.reject(new Error('no')) as never
    if (text === 'junk') return 5 as never
    if (text === 'hang') return new Promise(() => {}) as never
    return 'accept' as never
  }
  const a = await startNode()
  const b = await startNode({
    ticket: a.ticket(),
    topics: [defineTopic({ name: 't', validate, validateTimeoutMs: 20, delivery: 'best-effort' })],
  })
  const texts = collect(b, 't')
  for (const text of ['throw', 'reject', 'junk', 'hang', 'good']) {
    await a.publish('t', Buffer.from(text), { waitPeers: 1 })
  }
  await until(
    () => asked,
    (times) => times >= 5,
  )
  await until(
    () => b.status().counters.reasons,
    (reasons) => reasons['validator-timeout'] === 1 && reasons['validator-failed'] === 3,
  )
  await until(
    () => texts,
    (received) => received.length > 0,
  )
  expect(texts).toEqual(['good'])
  expect(b.peers()[0]?.score).toBeGreaterThanOrEqual(0)
})

test('a reader that throws ends itself and nothing else', async () => {
  const node = await startNode()
  const texts = collect(node, 't')
  const throwing = (async () => {
    for await (const item of node.messages(['t'])) if ('payload' in item) throw new Error('reader')
  })()
  const outcome = throwing.catch((error: unknown) => error)
  await node.publish('t', Buffer.from('one'))
  expect(await outcome).toMatchObject({ message: 'reader' })
  await node.publish('t', Buffer.from('two'))
  await until(
    () => texts,
    (received) => received.length === 2,
  )
  expect(node.topics()[0]?.readers).toBe(1)
})

test('what is published is what the buffer held then, whatever its owner does with it afterwards', async () => {
  const node = await startNode()
  const texts = collect(node, 't')
  const buffer = Buffer.from('first')
  const publishes = [node.publish('t', buffer)]
  for (const text of ['secnd', 'third']) {
    buffer.write(text)
    publishes.push(node.publish('t', buffer))
  }
  await Promise.all(publishes)
  await until(
    () => texts,
    (received) => received.length === 3,
  )
  expect(texts).toEqual(['first', 'secnd', 'third'])
})

test('one home runs once', async () => {
  const node = await startNode()
  const { home, pid } = node.status()
  await expect(createNode({ home, listen })).rejects.toMatchObject({
    code: 'running',
    message: expect.stringContaining(`${pid}`),
  })
})

test('a port in use is named', async () => {
  const node = await startNode()
  const address = node.addresses()[0]!.replace(/\/p2p\/.*$/, '')
  await expect(startNode({ listen: [address] })).rejects.toMatchObject({
    code: 'listen',
    message: expect.stringContaining(address),
  })
})

test('a home with a path over 100 bytes has a control socket that the node takes away again', async () => {
  const home = join(temporaryFolder(), 'x'.repeat(120))
  const node = await createNode({ home, network: 'test', listen })
  await node.stop()
  const again = await createNode({ home, listen })
  await again.stop()
})

test('after 20 starts and stops with peers and traffic nothing is left that keeps a process alive', async () => {
  const folders = ['a', 'b'].map(() => mkdtempSync(join(tmpdir(), 'grapevine-test-')))
  onTestFinished(() => folders.forEach((folder) => rmSync(folder, { recursive: true, force: true })))
  const cycle = async (): Promise<void> => {
    const a = await createNode({ home: folders[0]!, network: 'test', listen })
    const b = await createNode({ home: folders[1]!, ticket: a.ticket(), listen })
    const texts = collect(b, 't')
    await a.publish('t', Buffer.from('x'), { waitPeers: 1 })
    await until(
      () => texts.length,
      (length) => length > 0,
    )
    await Promise.all([a.stop(), b.stop(), a.stop()])
  }
  const resources = (): string => process.getActiveResourcesInfo().toSorted().join()
  await cycle()
  const baseline = resources().split(',').length
  for (let index = 0; index < 20; index++) await cycle()
  await until(
    () => resources().split(',').length,
    (length) => length <= baseline,
  )
})
