import { appendFileSync, copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { Judgement, Message, ValidatorInput, ValidatorView } from '@grapevine/protocol'
import { describe, expect, onTestFinished, test } from 'vitest'
import { Log } from '../../src/log/log.ts'
import type { ExternalJudge } from '../../src/validator/external-judge.ts'
import { Validators } from '../../src/validator/validators.ts'
import { until } from '../test-network.ts'

const rule = fileURLToPath(new URL('./rule.ts', import.meta.url))
const node = process.execPath

function folder(): string {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}

/** The validator of topic `t`. */
class World {
  readonly home: string
  readonly warnings: string[] = []
  validators: Validators
  judge: ExternalJudge | undefined

  constructor(input: Partial<ValidatorInput>, home: string = folder()) {
    this.home = home
    this.validators = this.open(200)
    this.validators.set({ topic: 't', ...input })
    onTestFinished(() => this.validators.stop())
  }

  open(timeoutMs: number): Validators {
    return new Validators({
      home: this.home,
      self: 'us',
      log: new Log({
        lineLevel: 'warn',
        onLine: (_, text, { fault }) => void this.warnings.push(`${text}: ${String(fault)}`),
      }).part('validator'),
      timeoutMs,
      judgeBy: (_, judge) => void (this.judge = judge),
    })
  }

  get view(): ValidatorView {
    return this.validators.view('t')!
  }

  async ask(...texts: readonly string[]): Promise<readonly Judgement[]> {
    return this.judge!.judge(texts.map((text, index) => message(text, index)))
  }
}

const message = (text: string, index = 0): Message => ({
  id: new Uint8Array(32).fill(index + 1),
  topic: 't',
  author: new Uint8Array(32).fill(7),
  from: 'peer',
  epoch: 1,
  sequence: 1,
  time: 1_700_000_000_000_000,
  parents: [new Uint8Array(32).fill(9)],
  payload: Buffer.from(text),
})

const run = (mode = ''): Partial<ValidatorInput> => ({ command: `exec ${node} ${rule} ${mode}` })
const timeoutMs = 2_000

describe('a command', () => {
  test('judges messages in order, with reasons, ids and times', async () => {
    const world = new World({ ...run(), timeoutMs })
    expect(await world.ask('fine', 'reject bad', 'wait', 'fine')).toEqual([
      { verdict: 'accept' },
      { verdict: 'reject', reason: 'bad' },
      { verdict: 'defer', waitFor: [new Uint8Array(32).fill(9)], forMs: 500 },
      { verdict: 'accept' },
    ])
    expect(world.view).toMatchObject({
      state: 'running',
      starts: 1,
      asked: 4,
      verdicts: { accept: 2, reject: 1, defer: 1 },
      unjudged: 0,
      failures: {},
      waiting: 0,
      inFlight: 0,
    })
  })

  test('that ends in the middle is started again, and asked again: nothing is lost', async () => {
    const world = new World({ ...run(), timeoutMs })
    await world.ask('fine')
    const texts = Array.from({ length: 3_000 }, () => 'fine')
    const judgements = world.ask('slow 300', ...texts)
    const { pid } = await until(
      () => world.view,
      ({ inFlight }) => inFlight > 500,
    )
    process.kill(pid!, 'SIGKILL')
    expect((await judgements).every(({ verdict, failed }) => verdict === 'accept' && failed === undefined)).toBe(true)
    expect(world.view).toMatchObject({ starts: 2, failures: { exit: 1 }, unjudged: 0 })
    expect(world.warnings).toEqual(['a validator failed, and is started again: exit'])
  })

  test.each([
    ['garbage', 'garbage'],
    ['twice', 'unasked'],
    ['other', 'garbage'],
    ['long', 'long-line'],
    ['close', 'closed'],
    ['hang', 'silent'],
    ['crash', 'exit'],
  ] as const)('that answers a message with %s fails as %s, at that message only', async (word, fault) => {
    const world = new World({ ...run(), timeoutMs: 1_000 })
    await world.ask('fine')
    const judgements = await world.ask('fine', word, 'fine')
    expect(judgements[0]).toEqual({ verdict: 'accept' })
    expect(judgements[2]).toEqual({ verdict: 'accept' })
    // A line too many shows only after the message itself was accepted.
    if (word !== 'twice') expect(judgements[1]).toMatchObject({ verdict: 'defer' })
    if (word !== 'twice') expect(judgements[1]?.failed).toBe(word === 'hang' ? 'timeout' : 'error')
    await until(
      () => world.view.failures,
      (failures) => (failures[fault] ?? 0) > 0,
    )
  })

  test.each([['defer'], ['accept'], ['ignore']] as const)('that is not to be had: on-failure %s', async (onFailure) => {
    const world = new World({ ...run('exit'), timeoutMs: 3_000, onFailure })
    const [judgement] = await world.ask('fine')
    expect(judgement).toMatchObject({ verdict: onFailure })
    expect(judgement?.failed).toBeDefined()
    expect(world.view.failures.start).toBeGreaterThan(0)
    expect(world.view.unjudged).toBe(1)
  })

  test('gets no more at once than it has room for, and is not late for what waits behind it', async () => {
    const world = new World({ ...run(), timeoutMs: 1_000 })
    await world.ask('fine')
    const judgements = await world.ask(...Array.from({ length: 8 }, () => 'slow 200'))
    expect(judgements.every(({ verdict }) => verdict === 'accept')).toBe(true)
    expect(world.view.failures).toEqual({})
  })

  test('is started anew when its file changes, and the old one answers what it has', async () => {
    const home = folder()
    copyFileSync(rule, join(home, 'own.ts'))
    const world = new World({ command: `${node} own.ts`, directory: home, timeoutMs }, home)
    await world.ask('fine')
    const slow = world.ask('slow 1500')
    await until(
      () => world.view.inFlight,
      (inFlight) => inFlight === 1,
    )
    writeFileSync(
      join(home, 'own.ts'),
      readFileSync(rule, 'utf8')
        .replace(
          `if (word === 'crash')`,
          `if (word === 'fine') process.stdout.write('{"verdict":"ignore"}\\n'); else if (word === 'crash')`,
        )
        .replace(`else process.stdout.write('{"verdict":"accept"}\\n')`, ''),
    )
    await until(
      () => world.view,
      ({ starts }) => starts === 2,
    )
    expect(await world.ask('fine')).toEqual([{ verdict: 'ignore' }])
    expect(await slow).toEqual([{ verdict: 'accept' }])
    expect(world.view).toMatchObject({ failures: {}, unjudged: 0 })
  })

  test('ends with its children when the node stops', async () => {
    const home = folder()
    const world = new World(
      { command: `sleep 1000 & echo $! > pids; exec ${node} ${rule}`, directory: home, timeoutMs },
      home,
    )
    await world.ask('fine')
    const { pid } = world.view
    await world.validators.stop()
    const child = Number(readFileSync(join(home, 'pids'), 'utf8'))
    for (const each of [pid!, child])
      await until(
        () => isAlive(each),
        (alive) => !alive,
      )
  })

  test('that gives way to another answers what it has, and what it cannot is judged again', async () => {
    const world = new World({ ...run(), timeoutMs: 1_000 })
    await world.ask('fine')
    const before = world.ask('slow 300', 'hang', 'fine')
    await until(
      () => world.view.inFlight,
      (inFlight) => inFlight === 3,
    )
    world.validators.set({ topic: 't', ...run(), timeoutMs: 1_000 })
    const [slow, ...others] = await before
    expect(slow).toEqual({ verdict: 'accept' })
    expect(others).toMatchObject([
      { verdict: 'defer', failed: expect.any(String) },
      { verdict: 'defer', failed: 'error' },
    ])
    expect(await world.ask('fine')).toEqual([{ verdict: 'accept' }])
  })

  test('is remembered by the home, and by nothing else', async () => {
    const world = new World({ ...run(), timeoutMs, onFailure: 'ignore' })
    await world.validators.stop()
    const again = world.open(200)
    onTestFinished(() => again.stop())
    expect(await world.judge!.judge([message('fine')])).toEqual([{ verdict: 'accept' }])
    expect(again.view('t')).toMatchObject({ ...run(), onFailure: 'ignore', timeoutMs })
    again.remove('t')
    expect(again.view('t')).toBeUndefined()
    expect(readFileSync(join(world.home, 'validators.json'), 'utf8')).toBe('[]\n')
    appendFileSync(join(world.home, 'validators.json'), 'x')
    expect(() => world.open(200)).toThrow('is damaged')
  })
})

test.each([
  [{ topic: 't', command: ' ' }],
  [{ topic: 't', command: 'a\0b' }],
  [{ topic: '*', command: 'a' }],
  [{ topic: 't', onFailure: 'reject' as never }],
  [{ topic: 't', timeoutMs: 1 }],
])('%o is refused', async (input) => {
  const world = new World({})
  expect(() => world.validators.set(input)).toThrow(expect.objectContaining({ code: 'usage' }))
})

describe('a client', () => {
  test('judges while it is there; what it did not answer the next one is asked', async () => {
    const world = new World({})
    const first: string[] = []
    const one = world.validators.serve('t', { write: (text) => void first.push(text), isFull: false, end: () => {} })
    const judged = world.ask('a', 'b')
    await until(
      () => first.join('').split('\n'),
      (lines) => lines.length === 3,
    )
    expect(JSON.parse(first.join('').split('\n')[0]!)).toEqual({
      id: '01'.repeat(32),
      topic: 't',
      author: expect.stringMatching(/^12D3KooW/),
      from: 'peer',
      epoch: 1,
      seq: 1,
      time: '2023-11-14T22:13:20.000Z',
      size: 1,
      via: 'live',
      parents: ['09'.repeat(32)],
      text: 'a',
    })
    one.hear(Buffer.from('{"verdict":"accept"}\n{"verd'))
    one.gone()
    expect(world.view).toMatchObject({ state: 'away', failures: { exit: 1 } })
    const second: string[] = []
    const two = world.validators.serve('t', { write: (text) => void second.push(text), isFull: false, end: () => {} })
    await until(
      () => second.length,
      (length) => length > 0,
    )
    two.hear(Buffer.from('{"verdict":"ignore","reason":"why"}\n'))
    expect(await judged).toEqual([{ verdict: 'accept' }, { verdict: 'ignore', reason: 'why' }])
  })

  test('is not taken where a command judges', () => {
    const world = new World(run())
    const client = { write: () => {}, isFull: false, end: () => {} }
    expect(() => world.validators.serve('t', client)).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0)
    return true
  } catch {
    return false
  }
}
