import { readFileSync, rmSync } from 'node:fs'
import { once } from 'node:events'
import { join } from 'node:path'
import type { ConsumerView, MessageView } from '@grapevine/protocol/control'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { Site, until, type Running } from './site.ts'

const site = new Site()
const numbers = (count: number, from = 1): string[] => Array.from({ length: count }, (_, index) => String(from + index))

beforeAll(async () => {
  await site.ok(['network', 'create', 'demo'])
  await site.up()
})
afterAll(() => site.close(undefined))

const consumer = async (name: string): Promise<ConsumerView> =>
  JSON.parse(await site.ok(['consumer', 'show', name, '--json'])) as ConsumerView

/** Whole lines of JSON that a reader printed. */
const printed = ({ stdout }: Pick<Running, 'stdout'>): MessageView[] =>
  stdout()
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as MessageView)

async function kill({ child, outcome }: Running): Promise<void> {
  child.kill('SIGKILL')
  await outcome
}

test('a consumer loses nothing when its reader is killed again and again; what it gets again is marked', async () => {
  const count = 20_000
  await site.ok(['pub', 'jobs', '-', '--lines'], { stdin: numbers(count).join('\n') })
  const runs: MessageView[][] = []
  for (let turn = 0; turn < 5; turn++) {
    const reader = site.start(['sub', 'jobs', '--consumer', 'worker', '--all', '--json'])
    await reader.saw('subscribed jobs')
    const { behind } = await consumer('worker')
    // Some of it is acknowledged then, and some of what was written is not.
    await until(
      async () => (await consumer('worker')).behind,
      (left) => left < behind || left === 0,
    )
    await kill(reader)
    runs.push(printed(reader))
  }
  const last = site.start(['sub', 'jobs', '--consumer', 'worker', '--json', '--timeout', '60s'])
  await last.saw('subscribed jobs')
  await until(
    async () => (await consumer('worker')).behind,
    (behind) => behind === 0,
  )
  last.child.kill('SIGINT')
  expect((await last.outcome).code).toBe(0)
  runs.push(printed(last))
  const seen = new Set<string>()
  const unmarked: string[] = []
  for (const { text = '', redelivered } of runs.flat()) {
    if (seen.has(text) && redelivered !== true) unmarked.push(text)
    seen.add(text)
  }
  expect(unmarked).toEqual([])
  expect(seen).toEqual(new Set(numbers(count)))
  expect(await site.run(['sub', '--consumer', 'worker', '--timeout', '300ms'])).toMatchObject({ code: 0, stdout: '' })
})

test('what a reader could not write yet is not acknowledged', async () => {
  await site.ok(['pub', 'slow', '-', '--lines'], { stdin: numbers(5_000).join('\n') })
  const reader = site.start(['sub', 'slow', '--consumer', 'slow', '--all', '--json'])
  await reader.saw('subscribed slow')
  reader.child.stdout!.pause()
  // Until it comes to a stand: the pipe is full.
  let before = -1
  const { acked } = await until(
    () => consumer('slow'),
    (view) => {
      const stands = view.acked === before
      before = view.acked
      return stands
    },
  )
  reader.child.kill('SIGKILL')
  reader.child.stdout!.resume()
  await reader.outcome
  expect(printed(reader).at(-1)?.arrival).toBeGreaterThanOrEqual(acked)
})

test('nor when the node is killed under it; what it had acknowledged never comes again', async () => {
  await site.ok(['pub', 'tasks', '-', '--lines'], { stdin: numbers(1000).join('\n') })
  const reader = site.start(['sub', 'tasks', '--consumer', 'crash', '--all', '--reconnect', '--json'])
  await reader.saw('subscribed tasks')
  await until(
    async () => (await consumer('crash')).behind,
    (behind) => behind === 0,
  )
  const pid = site.pid()
  process.kill(pid, 'SIGKILL')
  await reader.saw('the node stopped')
  await site.up()
  await until(reader.stderr, (text) => text.split('subscribed tasks').length === 3)
  await site.ok(['pub', 'tasks', '-', '--lines'], { stdin: numbers(1000, 1001).join('\n') })
  await until(
    async () => (await consumer('crash')).behind,
    (behind) => behind === 0,
  )
  await kill(reader)
  expect(printed(reader).map(({ text }) => text)).toEqual(numbers(2000))
  expect((await site.run(['sub', '--consumer', 'crash', '--timeout', '300ms'])).stdout).toBe('')
})

test('a command that fails is run again, and its message comes to the next reader if it never succeeds', async () => {
  const file = join(site.directory, 'tries')
  await site.ok(['pub', 'mails', 'one'])
  const twice = `echo "$(cat)$GRAPEVINE_REDELIVERED" >> ${file}; test $(wc -l < ${file}) -ge 2`
  const first = await site.run(['sub', 'mails', '--consumer', 'post', '--all', '--count', '1', '--exec', twice])
  expect(first).toMatchObject({ code: 0, stderr: expect.stringContaining('again in 1.0 s') })
  expect(readFileSync(file, 'utf8')).toBe('one\none\n')
  await site.ok(['pub', 'mails', 'two'])
  // A count does not keep what fails for ever from ending: neither the time that is given, nor a signal.
  const late = await site.run(['sub', '--consumer', 'post', '--count', '1', '--exec', 'exit 3', '--timeout', '1s'])
  expect(late.code).toBe(4)
  expect(late.stderr).toContain('error: 1 of 1 command did not succeed within 1.0 s')
  const counted = site.start(['sub', '--consumer', 'post', '--count', '1', '--exec', 'exit 3'])
  await counted.saw('exit code 3; again in')
  counted.child.kill('SIGINT')
  expect((await counted.outcome).code).toBe(0)
  const never = site.start(['sub', 'mails', '--consumer', 'post', '--exec', 'exit 3'])
  await never.saw('exit code 3; again')
  never.child.kill('SIGTERM')
  await once(never.child, 'close')
  expect(await consumer('post')).toMatchObject({ behind: 1, unacked: 1 })
  rmSync(file)
  const write = `echo "$(cat)$GRAPEVINE_REDELIVERED" >> ${file}`
  await site.ok(['sub', '--consumer', 'post', '--count', '1', '--exec', write])
  expect(readFileSync(file, 'utf8')).toBe('two1\n')
})

test('a consumer has one reader; when that is gone, even by force, the next takes over', async () => {
  await site.ok(['topic', 'add', 'one'])
  const first = site.start(['sub', 'one', '--consumer', 'lone'])
  await first.saw('subscribed one')
  const second = await site.run(['sub', 'one', '--consumer', 'lone'])
  expect(second).toMatchObject({ code: 1, stderr: expect.stringContaining('has a reader already') })
  expect((await site.run(['consumer', 'rm', 'lone'])).code).toBe(1)
  await kill(first)
  await site.ok(['pub', 'one', 'hello'])
  const third = await until(
    () => site.run(['sub', 'one', '--consumer', 'lone', '--count', '1', '--timeout', '5s']),
    ({ code }) => code === 0,
  )
  expect(third.stdout).toBe('hello\n')
  await site.ok(['consumer', 'rm', 'lone'])
  expect((await site.run(['sub', '--consumer', 'lone'])).stderr).toContain('there is no consumer lone')
})
