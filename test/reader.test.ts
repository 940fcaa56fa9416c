import type { GapView, MessageView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until } from './site.ts'

const site = new Site()

beforeAll(async () => {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
})
afterAll(() => site.close(undefined))

test('a reader by glob gets held topics that match, and those that are held later', async () => {
  await site.ok(['topic', 'add', 'room/1'])
  const reader = site.start(['sub', '--match', 'room/*', '--count', '2'])
  await reader.saw('subscribed room/1 (0 peers)')
  await site.ok(['pub', 'hall', 'not this'])
  await site.ok(['pub', 'room/1', 'one'])
  await site.ok(['pub', 'room/2', 'two'])
  expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'room/1\tone\nroom/2\ttwo\n' })
  expect((await site.run(['topic', 'ls', '--json'])).stdout).not.toContain('*')
})

test('a message that ends its line gets no second end, unless bytes are asked for', async () => {
  const readers = [
    ['--count', '2'],
    ['--count', '2', '--raw'],
    ['--count', '2', '--format', '%p'],
  ].map((args) => site.start(['sub', 'ends', ...args]))
  await Promise.all(readers.map((reader) => reader.saw('subscribed ends')))
  await site.ok(['pub', 'ends', '-'], { stdin: 'hello\n' })
  await site.ok(['pub', 'ends', 'a\n\n'])
  const outcomes = await Promise.all(readers.map(({ outcome }) => outcome))
  expect(outcomes.map(({ stdout }) => stdout)).toEqual(['hello\na\n\n', 'hello\na\n\n', 'hello\n\na\n\n\n'])
})

test('a reader by glob outlives a topic that is let go', async () => {
  await site.ok(['topic', 'add', 'job/1'])
  const reader = site.start(['sub', '--match', 'job/*', '--count', '1'])
  await reader.saw('subscribed job/1')
  await site.ok(['topic', 'rm', 'job/1'])
  await site.ok(['pub', 'job/2', 'go'])
  expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'job/2\tgo\n' })
})

test('a reader ends when its node stops, and says so; with --reconnect it waits, and misses nothing', async () => {
  const plain = site.start(['sub', 'chat'])
  const patient = site.start(['sub', 'chat', '--reconnect', '--json', '--count', '3'])
  await Promise.all([plain.saw('subscribed chat'), patient.saw('subscribed chat')])
  await site.ok(['pub', 'chat', 'before'])
  await patient.saw('"before"')
  await site.ok(['down'])
  expect(await plain.outcome).toMatchObject({ code: 1, stdout: 'before\n' })
  expect(plain.stderr()).toContain('error: the node stopped\nhint: start it again with: grapevine up\n')
  await patient.saw('the node stopped; waiting for it')
  await site.up()
  await until(patient.stderr, (text) => text.split('subscribed chat').length === 3)
  await site.ok(['pub', 'chat', 'after'])
  await site.ok(['pub', 'chat', 'end'])
  const { code, stdout } = await patient.outcome
  const items = stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as MessageView | GapView)
  expect(code).toBe(0)
  expect(items.map((item) => ('gap' in item ? item.gap : item.text))).toEqual(['before', 'after', 'end'])
})
