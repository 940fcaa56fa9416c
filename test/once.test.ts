import { readdirSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { StatusView } from '@grapevine/protocol/control'
import { Site } from './site.ts'

const site = new Site()
const a = ['--node', 'a']
let ticket = ''
const homes = (): number => readdirSync(tmpdir()).filter((name) => name.startsWith('grapevine-once-')).length
let homesBefore = 0

beforeAll(async () => {
  await site.ok([...a, 'network', 'create', 'demo'])
  await site.up('a')
  ticket = await site.ok([...a, 'ticket'])
  await site.ok([...a, 'topic', 'add', 'chat'])
  homesBefore = homes()
})
afterAll(() => site.close('a'))

test('a message goes from one node that lives for a command to another, through a node that stays', async () => {
  const reader = site.start(['sub', 'chat', '--once', '--join', ticket, '--count', '1'])
  await reader.saw('subscribed chat (1 peer)')
  const id = await site.ok(['pub', 'chat', 'hello', '--once', '--join', ticket])
  expect(id).toMatch(/^[0-9a-f]{64}$/)
  expect(await reader.outcome).toMatchObject({ code: 0, stdout: 'hello\n' })
  expect(homes()).toBe(homesBefore)
})

test('all of many lines have left before the node does', async () => {
  const reader = site.start([...a, 'sub', 'chat', '--count', '5000'])
  await reader.saw('subscribed chat')
  const lines = Array.from({ length: 5000 }, (_, number) => `line ${number}`).join('\n')
  const ids = await site.ok(['pub', 'chat', '--lines', '--once', '--join', ticket], { stdin: lines })
  expect(new Set(ids.split('\n')).size).toBe(5000)
  const { code, stdout } = await reader.outcome
  expect({ code, stdout }).toEqual({ code: 0, stdout: `${lines}\n` })
})

test('an address takes a home that is in the network; the home stays as it is', async () => {
  const { addresses } = JSON.parse(await site.ok([...a, 'status', '--json'])) as StatusView
  const join = addresses[0]!
  expect((await site.run(['pub', 'chat', 'x', '--once', '--join', join])).code).toBe(78)
  await site.ok(['join', ticket])
  expect((await site.run(['pub', 'chat', 'x', '--once', '--join', join])).code).toBe(0)
  expect((await site.run(['status'])).code).toBe(3)
})

test('nothing is published where nobody is: exit 4, and the reason', async () => {
  const nobody = await site.run(['pub', 'lonely', 'x', '--once', '--join', ticket, '--timeout', '500ms'])
  expect(nobody.code).toBe(4)
  expect(nobody.stderr).toContain('none that holds lonely')
  await site.ok([...a, 'down'])
  const down = await site.run(['pub', 'chat', 'x', '--once', '--join', ticket, '--timeout', '1s'])
  expect(down.code).toBe(4)
  expect(down.stderr).toMatch(/^error: within 1\.0 s no peer answers: 127\.0\.0\.1:\d+ refused/)
  expect(homes()).toBe(homesBefore)
})
