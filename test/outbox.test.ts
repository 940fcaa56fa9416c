import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { OutboxView, PublishView, ReceiptVerifyView, WhyView } from '@grapevine/protocol/control'
import { afterEach, expect, test } from 'vitest'
import { Site, until } from './site.ts'

let site = new Site()
const names = [undefined, 'b', 'c', 'd']
afterEach(async () => {
  await site.close(...names)
  site = new Site()
})

const flag = (name: string | undefined): string[] => (name === undefined ? [] : ['--node', name])

/** A network of so many nodes; all but the first hold the topic, and each is connected to the first. */
async function network(nodes: number, topic?: string): Promise<void> {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
  const ticket = await site.ok(['ticket'])
  for (const name of names.slice(1, nodes)) {
    await site.ok([...flag(name), 'join', '-'], { stdin: ticket })
    await site.up(name)
    if (topic !== undefined) await site.ok([...flag(name), 'topic', 'add', topic])
  }
}

async function outbox(...args: string[]): Promise<readonly OutboxView[]> {
  return JSON.parse(await site.ok(['outbox', 'ls', '--json', ...args])) as readonly OutboxView[]
}

const emptied = (): Promise<readonly OutboxView[]> =>
  until(
    () => outbox(),
    ({ length }) => length === 0,
    20_000,
  )

test('what is published without a peer is kept over a restart, is delivered when one appears, and leaves the outbox', async () => {
  await network(1)
  const alone = await site.run(['pub', 'chat', 'alone', '--json'])
  expect(alone).toMatchObject({ code: 0, stderr: 'no peer in chat yet\n' })
  expect(JSON.parse(alone.stdout)).toMatchObject({ peers: 0, state: 'queued' })
  await site.ok(['pub', 'chat', '-', '--lines'], { stdin: 'one\ntwo\nthree' })
  expect((await outbox()).reduce((sum, { messages }) => sum + messages, 0)).toBe(4)
  await site.ok(['down'])
  await site.up()
  expect(await outbox('--state', 'queued', '--topic', 'chat')).toEqual(await outbox())
  const ticket = await site.ok(['ticket'])
  await site.ok(['--node', 'b', 'join', '-'], { stdin: ticket })
  await site.up('b')
  const reader = site.start(['--node', 'b', 'sub', 'chat', '--count', '4'])
  expect((await reader.outcome).stdout.trim().split('\n').toSorted()).toEqual(['alone', 'one', 'three', 'two'])
  await emptied()
  expect(await site.run(['outbox', 'ls'])).toMatchObject({ code: 0, stdout: '' })
})

test('a message that has not left the node can be taken back, also after a restart; one that a peer may have cannot', async () => {
  await network(1)
  const [first, second] = [await site.ok(['pub', 'chat', 'first']), await site.ok(['pub', 'chat', 'second'])]
  const stdin = Array.from({ length: 100 }, (_, index) => `line ${index}`).join('\n')
  const last = (await site.ok(['pub', 'chat', '-', '--lines'], { stdin })).split('\n').at(-1)!
  expect(await site.ok(['outbox', 'cancel', first])).toBe(first)
  await site.ok(['down'])
  await site.up()
  // The lines come in one piece, so that the last ones share an envelope.
  const together = await site.run(['outbox', 'cancel', last])
  expect(together).toMatchObject({ code: 2, stdout: '' })
  expect(together.stderr).toContain('signed together')
  expect((await site.ok(['outbox', 'cancel', last, '--envelope'])).split('\n')).toContain(last)
  expect(await site.run(['outbox', 'cancel', first])).toMatchObject({ code: 1 })
  // As outbox ls shows it to people.
  const third = await site.ok(['pub', 'chat', 'third'])
  const short = (await site.ok(['outbox', 'ls'])).split('\n').at(-1)!.split(' ')[0]!
  expect(await site.run(['outbox', 'cancel', short.replace(/.{4}$/, 'ffff')])).toMatchObject({ code: 1, stdout: '' })
  expect(await site.ok(['outbox', 'cancel', short])).toBe(third)
  const ticket = await site.ok(['ticket'])
  await site.ok(['--node', 'b', 'join', '-'], { stdin: ticket })
  await site.up('b')
  const reader = site.start(['--node', 'b', 'sub', 'chat', '--count', '2'])
  await reader.saw('second')
  await emptied()
  expect((await site.run(['outbox', 'cancel', second])).stderr).toContain('nothing in the outbox')
  await site.ok(['pub', 'chat', 'end'])
  await reader.outcome
  expect(reader.stdout()).not.toContain('first')
  expect(reader.stdout()).not.toMatch(/^d$/m)
})

test('--receipt 3 waits for three peers; their receipts are kept, and checked without a node', async () => {
  await network(4, 'chat')
  const id = await site.ok(['pub', 'chat', 'hello', '--wait-peers', '3', '--receipt', '3'])
  const why = JSON.parse(await site.ok(['why', id, '--json'])) as WhyView
  const peers = await Promise.all(['b', 'c', 'd'].map((name) => site.ok(['--node', name, 'id'])))
  expect(why.receipts?.map(({ peer }) => peer).toSorted()).toEqual(peers.toSorted())
  await site.ok(['receipt', 'export', id, '--file', 'receipts.json'])
  const listed = (await site.ok(['receipt', 'ls', id.slice(0, 8)])).split('\n')
  expect(listed).toHaveLength(3)

  await site.ok(['down'])
  const home = ['--home', join(site.directory, 'nobody')]
  expect(await site.ok([...home, 'receipt', 'verify', 'receipts.json'])).toContain('3 of 3 receipts hold')
  const text = readFileSync(join(site.directory, 'receipts.json'), 'utf8')
  const tampered = text.replace('"topic": "chat"', '"topic": "chess"')
  const refused = await site.run([...home, 'receipt', 'verify', '-', '--json'], { stdin: tampered })
  expect(refused.code).toBe(1)
  expect(JSON.parse(refused.stdout) as ReceiptVerifyView).toMatchObject({
    valid: 0,
    receipts: [{ valid: false }, {}, {}],
  })
})

test('too few receipts: exit code 4, the message is published, and the outbox gets the last one when its peer comes', async () => {
  await network(4, 'chat')
  await site.ok(['--node', 'd', 'down'])
  await until(
    () => site.ok(['peer', 'ls', '--json']),
    (peers) => (JSON.parse(peers) as unknown[]).length === 2,
  )
  const short = await site.run(['pub', 'chat', 'hello', '--receipt', '3', '--timeout', '2', '--json'])
  expect(short.code).toBe(4)
  expect(short.stderr).toContain('2 of 3 receipts in time: the message is published, and the outbox goes on asking')
  const { id, receipts, wanted } = JSON.parse(short.stdout) as PublishView
  // A node that stops answers with what there is.
  const waiting = site.start(['pub', 'chat', 'later', '--receipt', '3', '--json'])
  await until(
    () => site.ok(['--node', 'b', 'topic', 'history', 'chat']),
    (history) => history.includes('later'),
  )
  expect({ receipts: receipts?.length, wanted }).toEqual({ receipts: 2, wanted: 3 })
  await until(
    () => outbox(),
    (entries) => entries.length === 1 && entries[0]!.receipts === 2 && entries[0]!.id === id,
  )
  await site.ok(['down'])
  const stopped = await waiting.outcome
  expect(stopped.code).toBe(4)
  await site.up()
  await site.up('d')
  await emptied()
  for (const each of [id, (JSON.parse(stopped.stdout) as PublishView).id])
    expect((await site.ok(['receipt', 'ls', each])).split('\n')).toHaveLength(3)
})

test('--lines with receipts prints each id after its receipts; --receipt PEER names who is to sign', async () => {
  await network(3, 'chat')
  const lines = Array.from({ length: 500 }, (_, number) => `line ${number}`).join('\n')
  const results = await site.ok(['pub', 'chat', '-', '--lines', '--wait-peers', '2', '--receipt', '2', '--json'], {
    stdin: lines,
  })
  const views = results.split('\n').map((line) => JSON.parse(line) as PublishView)
  expect(views).toHaveLength(500)
  expect(views.every(({ state, receipts }) => state === 'receipted' && receipts?.length === 2)).toBe(true)
  const c = await site.ok(['--node', 'c', 'id'])
  const named = await site.ok(['pub', 'chat', 'for c', '--receipt', c.slice(-8), '--json'])
  expect((JSON.parse(named) as PublishView).receipts?.map(({ peer }) => peer)).toContain(c)
  const wrong = await site.run(['pub', 'chat', 'x', '--receipt', 'nobody-known'])
  expect(wrong).toMatchObject({ code: 1, stdout: '' })
})

test('a peer that is killed before it stores a message signs nothing', async () => {
  await network(2, 'chat')
  await site.ok(['pub', 'chat', 'warm', '--wait-peers', '1', '--receipt', '1'])
  // Stopped, it reads nothing: the message is in its socket at most.
  process.kill(site.pid('b'), 'SIGSTOP')
  const waiting = site.start(['pub', 'chat', 'lost', '--receipt', '1', '--timeout', '3', '--json'])
  await until(
    () => outbox(),
    (entries) => entries.length > 0,
  )
  process.kill(site.pid('b'), 'SIGKILL')
  const { code, stdout } = await waiting.outcome
  expect(code).toBe(4)
  const { id, receipts } = JSON.parse(stdout) as PublishView
  expect(receipts).toEqual([])
  expect(await site.run(['receipt', 'ls', id])).toMatchObject({ code: 1, stdout: '' })
  await site.up('b')
  await emptied()
  expect((await site.ok(['receipt', 'ls', id])).split('\n')).toHaveLength(1)
})
