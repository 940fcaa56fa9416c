import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { PublishView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site } from './site.ts'

const site = new Site()

beforeAll(async () => {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
})
afterAll(() => site.close(undefined))

test('a message goes out as often as asked, with its number and time filled in, at the pace that was asked', async () => {
  const reader = site.start(['sub', 'ticks', '--count', '3'])
  await reader.saw('subscribed ticks')
  const start = performance.now()
  const text = await site.ok(['pub', 'ticks', '{{Count}} at {{Time}} {{Other}}', '--count', '3', '--interval', '150ms'])
  expect(performance.now() - start).toBeGreaterThanOrEqual(300)
  expect(text.split('\n')).toHaveLength(3)
  const lines = (await reader.outcome).stdout.trim().split('\n')
  expect(lines.map((line) => line.replace(/\d{4}-.*Z/, 'NOW'))).toEqual(
    [1, 2, 3].map((number) => `${number} at NOW {{Other}}`),
  )
})

test('without --count a message is what it is, also where it looks like a template', async () => {
  const reader = site.start(['sub', 'chat', '--count', '1', '--raw'])
  await reader.saw('subscribed chat')
  await site.ok(['pub', 'chat', '{{Count}}'])
  expect((await reader.outcome).stdout).toBe('{{Count}}')
})

test('a file is a message to the byte, or one message a line', async () => {
  const file = join(site.directory, 'file')
  writeFileSync(file, Buffer.from([0xff, 0x0a, 0x00, 0x0a]))
  const reader = site.start(['sub', 'files', '--count', '3', '--json'])
  await reader.saw('subscribed files')
  await site.ok(['pub', 'files', '--file', file])
  const results = await site.ok(['pub', 'files', '--lines', '--file', file, '--json'])
  expect(results.split('\n').map((line) => (JSON.parse(line) as PublishView).state)).toEqual(['queued', 'queued'])
  const bodies = (await reader.outcome).stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as { base64?: string; text?: string })
    .map(({ base64, text }) => base64 ?? text)
  expect(bodies).toEqual(['/woACg==', '/w==', '\0'])
  const missing = await site.run(['pub', 'files', '--file', `${file}.gone`])
  expect(missing).toMatchObject({ code: 2, stdout: '' })
  expect(missing.stderr).toContain('there is no such file')
})

test('the body of a message comes back to the byte, on standard output or in a file', async () => {
  const bytes = Buffer.from(Array.from({ length: 50_000 }, (_, at) => (at * 7) % 256))
  const file = join(site.directory, 'body')
  writeFileSync(file, bytes)
  const id = await site.ok(['pub', 'bodies', '--file', file])
  const out = join(site.directory, 'copy')
  const told = await site.ok(['body', id.slice(0, 12), '--out', out, '--json'])
  expect(JSON.parse(told)).toEqual({ id, topic: 'bodies', size: 50_000, file: out })
  expect(readFileSync(out)).toEqual(bytes)
  await site.ok(['pub', 'bodies', 'as text'])
  const [last] = (await site.ok(['history', 'bodies', '--last', '1', '--format', '%i'])).split('\n')
  expect(await site.ok(['body', last!])).toBe('as text')
  expect(await site.run(['body', 'abcdef'])).toMatchObject({ code: 1, stdout: '' })
  expect(await site.run(['body', id, '--out', join(site.directory, 'no', 'where')])).toMatchObject({ code: 2 })
})

test('what is larger than a topic takes is refused with a hint', async () => {
  const large = await site.run(['pub', 'bodies', '-'], { stdin: Buffer.alloc(100_000) })
  expect(large).toMatchObject({ code: 1, stdout: '' })
  expect(large.stderr).toContain('bodies takes 59829 at most')
  const tooLarge = await site.run(['pub', 'bodies', '-'], { stdin: Buffer.alloc((32 << 20) + 1) })
  expect(tooLarge).toMatchObject({ code: 1, stdout: '' })
  expect(tooLarge.stderr).toContain('larger than any message may be')
})

test('100,000 lines are published and acknowledged in order, fast', async () => {
  const lines = Array.from({ length: 100_000 }, (_, number) => `message ${number}`).join('\n')
  const start = performance.now()
  const ids = await site.ok(['pub', 'bulk', '-', '--lines'], { stdin: lines })
  const seconds = (performance.now() - start) / 1000
  console.log(`100,000 lines: ${seconds.toFixed(1)} s`)
  expect(new Set(ids.split('\n')).size).toBe(100_000)
})
