import { list, number, object, oneOf, whole, type FieldSchema } from './schema.ts'

const timeMsMax = 86_400_000
const time = (description: string): FieldSchema => number(0, timeMsMax, description)

/** Names of nodes, as {@link selectNodes} takes them. */
export const nodesField: FieldSchema = {
  type: 'string',
  pattern: '^[A-Za-z0-9_.:%,-]{1,1000}$',
  description: 'Which nodes',
}

const at = time('When')
const forMs = time('How long; absent: for good')

/** What can happen in a scenario. */
export const eventSchema: FieldSchema = oneOf([
  object(
    {
      type: { const: 'partition' },
      atMs: at,
      groups: { ...list(nodesField, 100, 'Who hears each other; all others form one more group'), minItems: 1 },
      forMs,
    },
    { optional: ['forMs'] },
  ),
  object({ type: { const: 'heal' }, atMs: at }),
  object({ type: { const: 'crash' }, atMs: at, nodes: nodesField, forMs }, { optional: ['forMs'] }),
  object({ type: { const: 'restart' }, atMs: at, nodes: nodesField }),
  object({ type: { const: 'join' }, atMs: at, nodes: nodesField }),
  object({ type: { const: 'leave' }, atMs: at, nodes: nodesField }),
  object({
    type: { const: 'churn' },
    atMs: at,
    nodes: nodesField,
    untilMs: time('When it ends, and all come back'),
    upMs: number(1, timeMsMax, 'Mean time that each is up'),
    downMs: number(1, timeMsMax, 'Mean time that it is down'),
  }),
  object(
    { type: { const: 'loss' }, atMs: at, loss: number(0, 0.99, 'In place of `links.loss`'), forMs },
    { optional: ['forMs'] },
  ),
  object({ type: { const: 'disk-full' }, atMs: at, nodes: nodesField, forMs: time('How long') }),
  object({
    type: { const: 'disk-damage' },
    atMs: at,
    nodes: nodesField,
    count: whole(1, 100_000, 'Records of each disk that go bad'),
  }),
])
