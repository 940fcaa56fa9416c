import { meshRules } from '../mesh/option.ts'
import { eventSchema, nodesField } from './event-schema.ts'
import { scenarioParts } from './scenario-file.ts'
import { flag, list, number, object, oneOf, text, whole, type FieldSchema } from './schema.ts'

/** The longest time in a scenario: a day. */
const timeMsMax = 86_400_000
const time = (description: string, value?: number): FieldSchema => number(0, timeMsMax, description, value)
const name = '^[A-Za-z0-9._-]{1,64}$'
const rules = meshRules

const group = object(
  {
    name: text('^[A-Za-z][A-Za-z0-9_-]{0,31}$', 'What events and workloads call it; not a word that means other nodes'),
    share: number(0, 1, 'Part of all nodes'),
    region: text('^.{1,64}$', 'Region of the latency map; absent: drawn by weight'),
    uplinkMbps: number(0, 1e6, 'What each sends, in Mbit/s; 0: any amount', 0),
    downlinkMbps: number(0, 1e6, 'What each takes, in Mbit/s; 0: any amount', 0),
    clockSkewMs: number(-timeMsMax, timeMsMax, 'By which their wall clocks are ahead', 0),
  },
  { optional: ['region'] },
)

const latency = oneOf(
  [
    object({ law: { const: 'constant' }, ms: number(0, 60_000, 'The same for all links') }),
    object({
      law: { const: 'uniform' },
      minMs: number(0, 60_000, 'Least: each link has its own, drawn evenly'),
      maxMs: number(0, 60_000, 'Most'),
    }),
    object({ law: { const: 'world' } }),
    object({
      law: { const: 'matrix' },
      regions: {
        ...list(
          object({ name: text('^.{1,64}$', 'Name of a region'), weight: number(0, 1e9, 'Nodes there, in proportion') }),
          255,
          'Regions',
        ),
        minItems: 1,
      },
      ms: {
        ...list(
          list(number(0, 60_000, 'One way, from the region of the row to that of the column'), 255, 'A row'),
          255,
          'As many rows, of as many values, as there are regions',
        ),
        minItems: 1,
      },
    }),
    object({
      law: { const: 'file' },
      path: text('^.+$', 'File of JSON with `regions` and `ms`, relative to this one'),
    }),
  ],
  {
    description: 'How long a packet takes one way; `world` is the eight regions of gossipsub-interop',
    default: { law: 'constant', ms: 50 },
  },
)

const workload = object(
  {
    topic: text('^[A-Za-z0-9._/-]{1,128}$', 'Topic, which all nodes hold', 'news'),
    publishers: { ...nodesField, description: 'Who publishes: each message is of one of these', default: 'all' },
    ratePerSecond: number(0.001, 100_000, 'Messages a second, of all publishers together', 1),
    bytes: whole(8, 60_000, 'Size of a message', 100),
    startMs: time('When the first may come', 5000),
    untilMs: time('When no more come; absent: `durationMs`'),
  },
  { optional: ['untilMs'] },
)

const pair: FieldSchema = { ...list(whole(0, 99_999, 'Number of a node'), 2, 'Two different nodes'), minItems: 2 }

const publish = object({
  atMs: time('When'),
  node: whole(0, 99_999, 'Number of the node that says it'),
  topic: text('^[A-Za-z0-9._/-]{1,128}$', 'Topic, which all nodes hold', 'news'),
  bytes: whole(8, 60_000, 'Size of the message', 100),
})

const writes = object(
  {
    writers: { ...nodesField, description: 'Who sets keys of its own', default: 'all' },
    ratePerSecond: number(0.001, 100_000, 'Writes a second, of all writers together', 1),
    bytes: whole(1, 8192, 'Size of a value', 20),
    keys: whole(1, 64, 'Keys of each writer, used in turn', 1),
    startMs: time('When the first may come', 5000),
    untilMs: time('When no more come; absent: `durationMs`'),
  },
  { optional: ['untilMs'] },
)

const invariants = object(
  {
    once: flag('A node hands each message to its readers once; with reconciliation, once in all of its lives', true),
    order: flag('The numbers under which a node delivers rise, over all of its lives', true),
    protocol: flag('No honest node rejects, accuses or mistakes what another honest node says', true),
    delivered: flag('What was acknowledged is in the end on every node that is up and reaches one that has it', true),
    deliveredWithinMs: time('The same while it runs: so long after the publish, or the last event'),
    equal: flag('In the end nodes that reach each other hold the same messages, and the same state', true),
    membersWithinMs: time('So long after the last event every member is called what it is: alive, failed, left'),
  },
  { optional: ['deliveredWithinMs', 'membersWithinMs'], description: 'What must be true', default: {} },
)

/** Describes a scenario file, with the default of each field. {@link parseScenario} accepts nothing that this refuses. */
export const scenarioSchema: FieldSchema = {
  $schema: 'https://json-schema.org/draft/2020-12/schema',
  title: 'A scenario of grapevine sim run. Times in ms since the beginning',
  ...object(
    {
      $schema: text('^.*$', 'Where this schema is, for editors'),
      name: text(name, 'What the scenario is called'),
      text: text('^.*$', 'What it shows', ''),
      seed: whole(0, Number.MAX_SAFE_INTEGER, 'Decides everything that is drawn', 1),
      nodes: whole(2, 100_000, 'How many nodes, named n0, n1 and so on'),
      groups: list(group, 16, 'Nodes that differ from the others: the first of all, then the next', []),
      parts: {
        ...list({ enum: scenarioParts, type: 'string' }, 4, 'What runs; reconcile needs gossip, members needs state', [
          'gossip',
          'reconcile',
        ]),
        minItems: 1,
        uniqueItems: true,
      },
      connections: object(
        {
          kind: {
            type: 'string',
            enum: ['random', 'full', 'line', 'ring', 'given'],
            default: 'random',
            description: 'Who connects',
          },
          dials: whole(1, 100, 'With `random`: others that each node dials', 10),
          pairs: list(pair, 1_000_000, 'With `given`: who is connected with whom; the first one dials'),
          noticeMs: time('A node hears of a connection that came or went within this time', 1000),
        },
        { optional: ['pairs'], description: 'Who is connected with whom', default: {} },
      ),
      mesh: object(
        {
          d: whole(1, 255, 'Neighbours that a node wants', rules.d),
          dLow: whole(1, 255, 'With fewer it grafts; absent: d − 1'),
          dHigh: whole(1, 1000, 'With more it prunes; absent: 2 d'),
          dLazy: whole(0, 1000, 'Others that are told what there is, at each heartbeat', rules.dLazy),
          gossipFactor: number(0, 1, 'The same, at least, as a part of all others', rules.gossipFactor),
          heartbeatMs: whole(10, 60_000, 'From one heartbeat to the next', rules.heartbeatMs),
          historyLength: whole(1, 100, 'Heartbeats for which a message can be asked for', rules.historyLength),
          historyGossip: whole(0, 100, 'Heartbeats for which it is announced', rules.historyGossip),
          pruneBackoffMs: time('How long two nodes that parted stay apart', rules.pruneBackoffMs),
          gossipRetransmission: whole(0, 1000, 'How often one message goes to one asker', rules.gossipRetransmission),
          floodPublish: flag('A publisher sends to all that it is connected with', rules.floodPublish),
          idontwantBytes: whole(0, 2 ** 30, 'Larger messages are declined beforehand; 0: none', rules.idontwantBytes),
        },
        { optional: ['dLow', 'dHigh'], description: 'The rules of the mesh, as gossipsub has them', default: {} },
      ),
      links: object(
        {
          latency,
          jitterMs: number(0, 60_000, 'Up to so much more for each packet', 0),
          loss: number(0, 0.99, 'Chance that a packet is lost; streams send it again, gossip does not', 0),
        },
        { description: 'How every link behaves', default: {} },
      ),
      reconcile: object(
        {
          intervalMs: whole(100, timeMsMax, 'From one round of reconciliation to the next', 10_000),
          commitMs: number(0, 60_000, 'Longest time that a disk takes to commit', 5),
          loadMs: number(0, 60_000, 'Longest time that it takes to read', 5),
        },
        { description: 'Stores and their reconciliation', default: {} },
      ),
      members: object(
        {
          start: {
            type: 'string',
            enum: ['known', 'cold'],
            default: 'known',
            description: 'Whether nodes know each other at the beginning, or nobody but whom they connect to',
          },
        },
        { description: 'Members', default: {} },
      ),
      events: list(eventSchema, 1000, 'What happens', []),
      workload: list(workload, 64, 'Who publishes what', []),
      publishes: list(publish, 100_000, 'Messages one by one', []),
      writes: list(writes, 64, 'Who sets state', []),
      hostile: object(
        {
          gossip: whole(0, 100, 'Nodes that twist, replay and forge envelopes', 0),
          liars: whole(0, 100, 'Nodes that lie in reconciliation', 0),
        },
        { description: 'Who means harm, beside the nodes; named x0, y0 and so on', default: {} },
      ),
      invariants,
      durationMs: number(1, timeMsMax, 'Until here things happen'),
      settleMs: time('Longest time after that until all is as the invariants want it', 60_000),
    },
    { optional: ['$schema'] },
  ),
}
