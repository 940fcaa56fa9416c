import assert from 'node:assert/strict'
import { mkdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { LogFile, logFile, oldLogFile } from '../src/log/file.ts'
import { libp2pLogger } from '../src/log/libp2p-logger.ts'
import { formatLine, parseLine } from '../src/log/line.ts'
import { Log } from '../src/log/log.ts'
import { readLog } from '../src/log/read.ts'
import { temporaryFolder } from './temporary-home.ts'

const lost = (lines: number): string => `lost ${lines}`

describe('a line', () => {
  test('is one JSON object with time, level, part, text and its fields', () => {
    const line = formatLine(new Date(0), 'info', 'node', 'started', { peer: 'x', count: 3, none: undefined })
    expect(JSON.parse(line)).toEqual({
      time: '1970-01-01T00:00:00.000Z',
      level: 'info',
      part: 'node',
      text: 'started',
      peer: 'x',
      count: 3,
    })
  })

  test('has no control, bidirectional or invisible character as it is, and keeps the value', () => {
    const hostile = 'a\u001b[2Jb\u202ec\u0085d\n{"level":"error"}\u{e0041}\u2028'
    const line = formatLine(new Date(), 'debug', 'libp2p', hostile, { agent: hostile })
    expect(line).toMatch(/^[\x20-\x7e]+$/)
    expect(parseLine(line)).toMatchObject({ text: hostile, agent: hostile })
  })

  test('takes whatever is thrown or logged, and cuts what is long', () => {
    const circular: { self?: unknown } = {}
    circular.self = circular
    const cause = new RangeError('the cause')
    const unreadable = new Error('x')
    Object.defineProperty(unreadable, 'stack', { get: () => assert.fail('no stack') })
    const fields = {
      circular,
      big: 1n,
      unreadable,
      error: new TypeError('wrong', { cause }),
      fn: () => 1,
      long: 'x'.repeat(1e6),
    }
    const line = formatLine(new Date(), 'error', 'node', 'x', fields)
    expect(line.length).toBeLessThan(20_000)
    expect(parseLine(line)).toMatchObject({ circular: 'object', big: 'bigint', fn: 'function' })
    expect(parseLine(line)?.['error']).toMatch(/^TypeError: wrong\n[^]*caused by RangeError: the cause/)
  })
})

describe('the file', () => {
  test('holds lines of its level and above, for its owner only, across restarts', () => {
    const home = temporaryFolder()
    for (const round of ['one', 'two']) {
      const log = new Log({ home, level: 'info' })
      log.part('node').info(round)
      log.part('node').debug('not this')
      log.close()
      log.part('node').error('nor what comes after the end')
    }
    expect(readLog(home, { level: 'trace', last: 10 }).map(({ text }) => text)).toEqual(['one', 'two'])
    expect(readLog(home, { level: 'trace', last: 1 }).map(({ text }) => text)).toEqual(['two'])
    expect(readLog(home, { level: 'warn', last: 10 })).toEqual([])
    expect(statSync(logFile(home)).mode & 0o777).toBe(0o600)
  })

  test('turns over when it is full, and both files stay within twice the bound', () => {
    const home = temporaryFolder()
    const file = new LogFile(home, lost, 1_000)
    for (let i = 0; i < 200; i++) {
      file.append(`${i}`.padEnd(99, '.'))
      if (i % 5 === 0) file.flush()
    }
    file.close()
    expect(statSync(logFile(home)).size).toBeLessThanOrEqual(1_000)
    expect(statSync(oldLogFile(home)).size).toBeLessThanOrEqual(1_000)
    expect(readFileSync(logFile(home), 'utf8')).toContain('199.')
  })

  test('that cannot be written costs lines and no error, and says how many were lost', () => {
    const home = join(temporaryFolder(), 'home')
    const file = new LogFile(home, lost)
    file.append('a')
    file.append('b')
    file.flush()
    mkdirSync(home)
    file.append('c')
    file.close()
    expect(readFileSync(logFile(home), 'utf8')).toBe('lost 2\nc\n')
  })

  test('is read past lines that a crash cut off', () => {
    const home = temporaryFolder()
    const line = formatLine(new Date(), 'info', 'node', 'whole', {})
    writeFileSync(logFile(home), `{"time":"2026\n${line}\nnull\n[]\n${line.slice(0, 20)}`)
    expect(readLog(home, { level: 'info', last: 10 }).map(({ text }) => text)).toEqual(['whole'])
    rmSync(logFile(home))
    expect(readLog(home, { level: 'info', last: 10 })).toEqual([])
  })
})

describe('followers', () => {
  test('see the last lines of the file and then those that come, at a level of their own', async () => {
    const home = temporaryFolder()
    const log = new Log({ home, level: 'info' })
    log.part('node').info('before')
    const follower = log.follow('debug', 5)
    expect(log.wants('debug')).toBe(true)
    log.part('node').debug('live')
    log.part('node').trace('too much')
    log.close()
    const texts = await Array.fromAsync(follower, (line) => ('text' in line ? line.text : line))
    expect(texts).toEqual(['before', 'live'])
    expect(readFileSync(logFile(home), 'utf8')).not.toContain('live')
  })

  test('that read too slowly get a gap, and hold no more than a thousand lines', async () => {
    const log = new Log()
    const follower = log.follow('info')
    for (let i = 0; i < 1_500; i++) log.part('node').info(`${i}`)
    follower.close()
    expect(log.wants('info')).toBe(true)
    const items = await Array.fromAsync(follower)
    expect(items).toHaveLength(1_001)
    expect(items.at(-1)).toEqual({ gap: { missed: 500 } })
  })

  test('cost nothing once they are gone', () => {
    const log = new Log({ level: 'warn' })
    const follower = log.follow('trace')
    follower.close()
    expect(log.wants('info')).toBe(false)
  })
})

test("libp2p's log is debug for errors and trace for the rest, its templates filled", async () => {
  const log = new Log()
  const follower = log.follow('trace')
  const logger = libp2pLogger(log).forComponent('libp2p:tcp')
  expect(logger.enabled).toBe(true)
  logger.error('failed %s after %d - %e', 'x', 3, new Error('why'))
  logger.newScope('dial')('to %a', { toString: () => '/ip4/1.2.3.4' })
  const unreadable = new Proxy({}, { get: () => assert.fail('not set') })
  logger('%o and %s', unreadable, unreadable)
  log.close()
  expect(await Array.fromAsync(follower)).toMatchObject([
    { level: 'debug', part: 'libp2p:tcp', text: 'failed x after 3 - Error: why' },
    { level: 'trace', part: 'libp2p:tcp:dial', text: 'to /ip4/1.2.3.4' },
    { level: 'trace', text: '[object] and [object]' },
  ])
})
