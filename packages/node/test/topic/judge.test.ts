import type { Judgement, Message } from '@grapevine/protocol'
import { describe, expect, test } from 'vitest'
import { Judge } from '../../src/topic/judge.ts'
import { defineTopic, type Topic } from '../../src/topic/topic.ts'

const message: Message = {
  id: new Uint8Array(32),
  topic: 't',
  author: new Uint8Array(32),
  epoch: 1,
  sequence: 1,
  time: 1,
  payload: new Uint8Array(),
}

function judgeWith(validate: (message: Message) => unknown, options: Partial<Topic> = {}): Judge {
  return new Judge({ name: 't', ...options, validate } as Topic & { validate: NonNullable<Topic['validate']> })
}

async function ask(validate: () => unknown, options?: Partial<Topic>): Promise<Judgement | undefined> {
  const [judgement] = await judgeWith(validate, options).judge([message])
  return judgement
}

describe('a validator that answers well', () => {
  // oxlint-disable-next-line unicorn/no-thenable -- a promise of another library
  const thenable = { then: (resolve: (answer: string) => void) => resolve('accept') }
  test.each([
    ['accept', { verdict: 'accept' }],
    [
      { verdict: 'reject', reason: 'no' },
      { verdict: 'reject', reason: 'no' },
    ],
    [Promise.resolve('ignore'), { verdict: 'ignore' }],
    [thenable, { verdict: 'accept' }],
  ])('%o', async (answer, judgement) => {
    expect(await ask(() => answer)).toEqual(judgement)
  })
})

describe('a validator that fails is our failure:', () => {
  const unspeakable: unknown = Object.create(null)
  const cyclic: { self?: unknown } = {}
  cyclic.self = cyclic
  const thrown: unknown[] = [new Error('x'), 'x', undefined, null, 5n, Symbol('x'), unspeakable, cyclic]
  test.each(thrown.map((value, index) => [index, value]))('it throws value %i', async (_, value) => {
    const failing = (): never => {
      throw value
    }
    expect(await ask(failing)).toMatchObject({ verdict: 'defer', failed: 'error' })
    expect(await ask(() => Promise.reject(value))).toMatchObject({ verdict: 'defer', failed: 'error' })
  })

  const answers: unknown[] = [
    undefined,
    null,
    true,
    5,
    '',
    'yes',
    {},
    [],
    { verdict: 'yes' },
    { verdict: null },
    () => 'accept',
  ]
  test.each(answers.map((value, index) => [index, value]))('it answers junk %i', async (_, value) => {
    expect(await ask(() => value)).toMatchObject({ verdict: 'defer', failed: 'error' })
  })

  test('it never answers', async () => {
    const judgement = await ask(() => new Promise(() => {}), { validateTimeoutMs: 5 })
    expect(judgement).toEqual({ verdict: 'defer', failed: 'timeout' })
  })
})

test('answers keep the order of the messages', async () => {
  const judge = judgeWith(async ({ sequence }) => {
    for (let turn = 0; turn < 5 - sequence; turn++) await Promise.resolve()
    return { verdict: 'accept', reason: `${sequence}` }
  })
  const messages = [1, 2, 3, 4].map((sequence) => ({ ...message, sequence }))
  expect((await judge.judge(messages)).map(({ reason }) => reason)).toEqual(['1', '2', '3', '4'])
})

test('never more validators are at work than allowed, also when one comes just as another ends', async () => {
  let running = 0
  let most = 0
  const judge = judgeWith(
    async () => {
      most = Math.max(most, ++running)
      for (let turn = 0; turn < 4; turn++) await Promise.resolve()
      running--
      return 'accept'
    },
    { validateConcurrency: 3 },
  )
  const all: Promise<Judgement[]>[] = []
  for (let round = 0; round < 50; round++) {
    all.push(judge.judge([message, message]))
    await Promise.resolve()
  }
  const judgements = (await Promise.all(all)).flat()
  expect(judgements).toHaveLength(100)
  expect(judgements.every(({ verdict }) => verdict === 'accept')).toBe(true)
  expect(most).toBe(3)
})

test.each([
  ['validateTimeoutMs', Infinity],
  ['validateTimeoutMs', 0],
  ['validateConcurrency', 0],
  ['validateConcurrency', 1.5],
])('%s of %s is refused: every message would wait for ever or fail', (name, value) => {
  const define = (): unknown => defineTopic({ name: 't', validate: () => 'accept', [name]: value })
  expect(define).toThrow(expect.objectContaining({ code: 'usage', message: expect.stringContaining(name) }))
})
