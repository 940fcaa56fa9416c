import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, defineTopic, type Topic, type TopicMessage, type ValueOf } from '@grapevine/node'
import { type } from 'arktype'
import * as v from 'valibot'
import { afterAll, beforeAll, describe, expect, expectTypeOf, test } from 'vitest'
import { z } from 'zod'

interface Reading {
  sensor: string
  celsius: number
  unit?: 'C' | 'K' | undefined
}

const zod = defineTopic({
  name: 'zod',
  payload: z.object({ sensor: z.string().min(1), celsius: z.number(), unit: z.enum(['C', 'K']).optional() }),
})
const valibot = defineTopic({
  name: 'valibot',
  payload: v.object({
    sensor: v.pipe(v.string(), v.minLength(1)),
    celsius: v.number(),
    unit: v.optional(v.picklist(['C', 'K'])),
  }),
})
const arktype = defineTopic({
  name: 'arktype',
  payload: type({ sensor: 'string >= 1', celsius: 'number', 'unit?': "'C' | 'K'" }),
})

const topics = [zod, valibot, arktype] as readonly Topic<Reading>[]
const home = mkdtempSync(join(tmpdir(), 'grapevine-schema-'))
let node: Awaited<ReturnType<typeof createNode>>

beforeAll(async () => {
  node = await createNode({ home, network: 'demo', listen: ['/ip4/127.0.0.1/tcp/0'], topics })
})
afterAll(async () => {
  await node.stop()
  rmSync(home, { recursive: true })
})

describe.each(topics.map((topic) => [topic.name, topic] as const))('a schema of %s', (_, topic) => {
  test('lets a value pass that it describes, and the reader gets it with its type', async () => {
    const handle = node.topic(topic)
    const reader = handle.subscribe()
    const value: Reading = { sensor: 'kitchen', celsius: 21.5, unit: 'C' }
    await handle.publish(value)
    for await (const item of reader) {
      expect('value' in item && item.value).toEqual(value)
      break
    }
  })

  test.each([
    [{ sensor: 'kitchen', celsius: 'warm' }, '/celsius'],
    [{ sensor: '', celsius: 1 }, '/sensor'],
    [{ sensor: 'kitchen', celsius: 1, unit: 'F' }, '/unit'],
    [{ sensor: 'kitchen' }, '/celsius'],
  ])('refuses %j, and names the place', async (value, place) => {
    const publish = node.topic(topic).publish(value as Reading)
    await expect(publish).rejects.toMatchObject({ code: 'bad-schema', message: expect.stringContaining(`${place}: `) })
  })

  test('refuses what is not JSON at all', async () => {
    await expect(node.publish(topic.name, Buffer.from('{'))).rejects.toMatchObject({ code: 'bad-schema' })
  })
})

test('what a library can say as JSON Schema is part of the definition, so that other nodes can tell', () => {
  for (const { definition } of topics) {
    const { json } = definition.payload as { json: object }
    if ('$comment' in json) expect(json).toEqual({ $comment: expect.stringMatching(/^checked by /) })
    else expect(json).toMatchObject({ type: 'object', required: expect.arrayContaining(['sensor', 'celsius']) })
  }
})

test('a schema that changes values checks them: values and their type are what was sent', async () => {
  const payload = z.object({ at: z.string().transform((text) => Date.parse(text)), unit: z.string().default('C') })
  const topic = defineTopic({ name: 'changing', payload })
  expectTypeOf(topic).toEqualTypeOf<Topic<{ at: string; unit?: string | undefined }>>()
  const handle = node.topic(topic)
  const reader = handle.subscribe()
  await handle.publish({ at: '2026-01-01' })
  for await (const item of reader) {
    expect('value' in item && item.value).toEqual({ at: '2026-01-01' })
    break
  }
})

test('types follow the rules of the topic', () => {
  expectTypeOf(zod).toEqualTypeOf<Topic<{ sensor: string; celsius: number; unit?: 'C' | 'K' | undefined }>>()
  expectTypeOf(valibot).toEqualTypeOf<Topic<{ sensor: string; celsius: number; unit?: 'C' | 'K' | undefined }>>()
  expectTypeOf(arktype).toEqualTypeOf<Topic<{ sensor: string; celsius: number; unit?: 'C' | 'K' }>>()
  expectTypeOf(defineTopic({ name: 'x' })).toEqualTypeOf<Topic<Uint8Array>>()
  expectTypeOf(defineTopic({ name: 'x', payload: 'text' })).toEqualTypeOf<Topic<string>>()
  expectTypeOf(defineTopic({ name: 'x', payload: { json: true } })).toEqualTypeOf<Topic>()
  expectTypeOf<ValueOf<'bytes'>>().toEqualTypeOf<Uint8Array>()
  defineTopic({
    name: 'x',
    payload: z.object({ a: z.number() }),
    validate: (message) => {
      expectTypeOf(message).toEqualTypeOf<TopicMessage<{ a: number }>>()
      return 'accept'
    },
  })
  // @ts-expect-error: the schema has no `fahrenheit`
  const wrong = () => node.topic(zod).publish({ sensor: 'kitchen', fahrenheit: 70 })
  // @ts-expect-error: not a verdict
  const answer = () => defineTopic({ name: 'x', validate: () => 'yes' })
  expect([wrong, answer]).toHaveLength(2)
})
