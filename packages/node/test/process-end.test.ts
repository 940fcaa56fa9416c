import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { createNode, defineTopic } from '../src/index.ts'
import { readLog } from '../src/log/read.ts'
import { temporaryFolder } from './temporary-home.ts'

/** Runs lines of a program that has a log in `home`, `watchCrashes` and `onStopSignals`; says when it is ready. */
function program(home: string, lines: string) {
  const source = (file: string): string => JSON.stringify(join(import.meta.dirname, '../src', file))
  const script = `
    const { Log } = await import(${source('log/log.ts')})
    const { watchCrashes } = await import(${source('crash.ts')})
    const { onStopSignals } = await import(${source('stop-signal.ts')})
    const log = new Log({ home: ${JSON.stringify(home)} })
    setInterval(() => undefined, 1000)
    ${lines}`
  const child = spawn(process.execPath, ['--conditions=@grapevine/source', '--input-type=module', '-e', script])
  return { child, ended: once(child, 'exit') as Promise<[code: number | null, signal: NodeJS.Signals | null]> }
}

describe('what nobody caught is logged with its stack, and ends the process with exit code 70:', () => {
  test.each([
    ['an exception', "setTimeout(() => { throw new TypeError('oops') }, 1)", /exception/, /^TypeError: oops\n +at /],
    ['a rejection', "void Promise.reject(new RangeError('oops'))", /rejection/, /^RangeError: oops\n +at /],
    ['something that is no error', "setTimeout(() => { throw 'text' }, 1)", /exception/, /^text$/],
  ])('%s', async (_, line, text, error) => {
    const home = temporaryFolder()
    const { ended } = program(home, `watchCrashes(log)\n${line}`)
    expect(await ended).toEqual([70, null])
    const [last] = readLog(home, { level: 'error', last: 1 })
    expect(last).toMatchObject({ text: expect.stringMatching(text), error: expect.stringMatching(error) })
  })
})

describe('a stop that hangs', () => {
  const hanging =
    "onStopSignals(log, { ignoreHangup: false, onStop: () => console.log('stopping') })\nconsole.log('up')"

  test('is ended at once by a second signal, with exit code 1', async () => {
    const { child, ended } = program(temporaryFolder(), hanging)
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    await once(child.stdout, 'data')
    child.kill('SIGINT')
    // Where it had waited for its end, the code would be 0.
    expect(await ended).toEqual([1, null])
  })

  test('ends after 5 s with exit code 0, and says so in the log', async () => {
    const home = temporaryFolder()
    const { child, ended } = program(home, hanging)
    await once(child.stdout, 'data')
    child.kill('SIGTERM')
    expect(await ended).toEqual([0, null])
    expect(readLog(home, { level: 'warn', last: 1 })[0]?.text).toContain('took too long')
  })
})

test('a publish under way gets its answer before the node is gone, and none is taken after', async () => {
  const { promise: judging, resolve: onJudging } = Promise.withResolvers<void>()
  const { promise: verdict, resolve: judge } = Promise.withResolvers<'accept'>()
  const slow = defineTopic({
    name: 'slow',
    validate: () => {
      onJudging()
      return verdict
    },
  })
  const node = await createNode({ home: temporaryFolder(), network: 'test', listen: [], topics: [slow] })
  const published = node.publish('slow', new Uint8Array([1]))
  await judging
  const stopped = node.stop()
  await expect(node.publish('slow', new Uint8Array([2]))).rejects.toMatchObject({ code: 'stopped' })
  judge('accept')
  expect(await published).toMatchObject({ state: 'queued' })
  await stopped
})

test('a publish that never ends does not hold up a stop for long', async () => {
  const stuck = defineTopic({ name: 'stuck', validate: () => new Promise(() => undefined), validateTimeoutMs: 60_000 })
  const node = await createNode({ home: temporaryFolder(), network: 'test', listen: [], topics: [stuck] })
  const published = node.publish('stuck', new Uint8Array([1])).catch((error: unknown) => error)
  const start = performance.now()
  await node.stop()
  expect(performance.now() - start).toBeLessThan(30_000)
  expect(await published).toMatchObject({ code: 'stopped' })
})
