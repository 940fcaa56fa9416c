import { logLevels, type LogLevel } from '../log/level.ts'

/** Every option of a node with its value. */
export interface Config {
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  /** `HOST:PORT`, or empty. */
  readonly 'api.tcp': string
  readonly 'log.level': LogLevel
  readonly 'connections.target': number
  readonly 'connections.max': number
  readonly 'journal.bytesMax': number
  readonly 'seen.idsMin': number
  readonly 'batch.max': number
  readonly 'store.timeMs': number
  readonly 'store.sizeMax': number
  readonly 'store.scrubBytes': number
  readonly 'bodies.sizeMax': number
  readonly 'reconcile.intervalMs': number
  readonly 'reconcile.backMs': number
  readonly 'validate.timeoutMs': number
  readonly 'validate.concurrency': number
  readonly 'defer.msMax': number
  /** A path, or empty. */
  readonly 'record.file': string
  readonly 'record.sizeMax': number
  readonly 'record.actions': RecordActions
}

/** What a recording has of actions. */
type RecordActions = (typeof recordActions)[number]
const recordActions = ['digest', 'bytes'] as const

/** The name of an option, as in the file and on the command line. */
export type OptionName = keyof Config

/** What values an option takes. */
export type OptionType =
  | { readonly kind: 'integer'; readonly min: number; readonly max: number; readonly unit: string }
  | { readonly kind: 'choice'; readonly choices: readonly string[] }
  /** A list of multiaddrs on TCP. */
  | { readonly kind: 'addresses' }
  /** A loopback address and a port, or empty. */
  | { readonly kind: 'endpoint' }
  /** A path, or empty. */
  | { readonly kind: 'file' }

/** One option: everything that help, checks and docs/configuration.md say of it. */
export interface Option<Value> {
  readonly type: OptionType
  readonly default: Value
  /** What it does, in a sentence. */
  readonly does: string
  /** What the default means, where the value does not say it. */
  readonly defaultMeans?: string
  /** What a larger value costs and buys, or what another one is for. */
  readonly raising: string
  /** Where the default comes from. */
  readonly source: string
  /** The flag of `up` that overrides it. */
  readonly flag?: string
}

const integer = (min: number, max: number, unit: string): OptionType => ({ kind: 'integer', min, max, unit })

/** All options, in the order in which they are shown. */
export const options: { readonly [Name in OptionName]: Option<Config[Name]> } = Object.freeze({
  listen: {
    type: { kind: 'addresses' },
    default: [],
    defaultMeans: 'every address of the machine, on the port that `init` picked',
    does: 'Addresses that the node listens on.',
    raising: 'Name one address to be reached through one interface only.',
    source: 'A node that others can reach is what a ticket promises.',
    flag: '--listen',
  },
  announce: {
    type: { kind: 'addresses' },
    default: [],
    defaultMeans: 'the addresses that it listens on',
    does: 'Addresses that the node tells others beside those it listens on.',
    raising: 'Needed behind a router that forwards a port: only its owner knows that address.',
    source: 'None is known before somebody says so.',
    flag: '--announce',
  },
  'api.tcp': {
    type: { kind: 'endpoint' },
    default: '',
    defaultMeans: 'none',
    does: 'Loopback address and port of the control API, beside the socket in the home. Its token is in `api.token` there.',
    raising:
      'For programs that cannot open a unix socket, such as a browser. Whoever reads the token controls the node.',
    source: 'The socket needs no token: the folder keeps others out.',
    flag: '--api',
  },
  'log.level': {
    type: { kind: 'choice', choices: logLevels },
    default: 'info',
    does: 'What goes into `node.log`. `grapevine logs --follow --level` shows more without a change here.',
    raising: '`debug` adds a line per connection, `trace` all of libp2p: some hundred lines a second.',
    source: 'At `info` a quiet day is a few lines.',
  },
  'connections.target': {
    type: integer(0, 1_000, 'peers'),
    default: 12,
    does: 'Connected peers below which the node also dials peers that it has only met; those of tickets it dials always.',
    raising:
      'More peers hear of messages sooner and split less easily; each costs a connection. 0: only peers of tickets.',
    source: 'A gossipsub mesh has 12 peers at most (Dhi).',
  },
  'connections.max': {
    type: integer(8, 10_000, 'connections'),
    default: 300,
    does: 'Connections that are kept; beyond them, those of least use are closed.',
    raising: 'Each costs about 150 KB and a file descriptor, and hears of messages sooner.',
    source: "libp2p's default (maxConnections).",
  },
  'journal.bytesMax': {
    type: integer(1 << 20, 1 << 30, 'bytes'),
    default: 16 << 20,
    does: 'Memory for what `grapevine why` knows; the oldest is forgotten first.',
    raising: '16 MiB are about 20,000 lone messages, or 90,000 in batches of 32.',
    source: 'Measured: packages/protocol/test/journal.test.ts.',
  },
  'seen.idsMin': {
    type: integer(1 << 10, 1 << 24, 'message ids'),
    default: 1 << 19,
    does: 'Message ids that are remembered at least, so that a message is delivered once.',
    raising: 'At most 64 bytes each. Too few, and a message that comes back late is delivered again.',
    source: 'A guess: nine minutes at 1,000 messages a second.',
  },
  'batch.max': {
    type: integer(1, 1024, 'messages'),
    default: 1024,
    does: 'Messages of this node in one envelope at most; 1 turns batching off.',
    raising:
      'A batch has one signature: 32 messages of 100 bytes in one took 36 times the messages. A lone message never waits.',
    source: 'The size of an envelope (60 KB) is what limits; see docs/architecture.md.',
  },
  'store.timeMs': {
    type: integer(0, Number.MAX_SAFE_INTEGER, 'ms'),
    default: 30 * 86_400_000,
    defaultMeans: '30 days',
    does: 'How long the messages of a topic are kept, by author time, unless the topic says otherwise.',
    raising: 'Costs disk, and 40 bytes of memory a message. 0: no limit.',
    source: 'A guess: longer than a node is away.',
  },
  'store.sizeMax': {
    type: integer(0, Number.MAX_SAFE_INTEGER, 'bytes'),
    default: 1 << 30,
    defaultMeans: '1 GiB',
    does: 'Bytes on the wire that are kept of a topic, unless the topic says otherwise; the oldest go first.',
    raising: 'Costs disk. Strangers can fill it: 0, no limit, is for networks of friends.',
    source: 'A guess: everything that others can make grow has a bound.',
  },
  'store.scrubBytes': {
    type: integer(0, 1 << 30, 'bytes a second'),
    default: 4 << 20,
    does: 'How fast the store is read in the background to find bit errors; what is damaged is fetched from peers again.',
    raising: 'Finds damage sooner, and costs disk and processor. 0: only what is read anyway is checked.',
    source: 'A guess: 1 GiB in four minutes, and then a pause of ten.',
  },
  'bodies.sizeMax': {
    type: integer(64 << 20, 2 ** 50, 'bytes'),
    default: 16 * 2 ** 30,
    does: 'Disk for payloads that are fetched, in `bodies/` of the home. When it is full, what no kept message needs makes way, first of the topic and peer that take up most; beyond that, messages with such payloads are not taken.',
    raising:
      'More is kept for late joiners. The retention of a topic counts them too, and deletes them with their messages: keep this above what all topics may keep.',
    source: 'A guess: 500 of the largest.',
  },
  'reconcile.intervalMs': {
    type: integer(100, 3_600_000, 'ms'),
    default: 10_000,
    does: 'How often the store of each topic is compared with that of a random peer, beside each time one connects.',
    raising: 'A round without differences costs about 1 KB. What gossip loses stays unseen for up to this long.',
    source: 'A guess.',
  },
  'reconcile.backMs': {
    type: integer(0, Number.MAX_SAFE_INTEGER, 'ms'),
    default: 0,
    defaultMeans: 'no limit',
    does: 'How far back this node catches up, by author time; what is older it neither asks for nor compares.',
    raising: '0: all that peers keep. A limit suits a node that only needs the recent past.',
    source: 'A store that is whole is what lossless means.',
  },
  'validate.timeoutMs': {
    type: integer(10, 60_000, 'ms'),
    default: 5_000,
    does: "How long a topic's validator may take, unless the topic says otherwise; later, it has failed, and is asked again.",
    raising: 'Longer than 60 s makes no sense: gossip forgets the message.',
    source: 'A guess: ten times what a slow disk or a look-up elsewhere takes.',
  },
  'validate.concurrency': {
    type: integer(1, 10_000, 'validators'),
    default: 64,
    does: 'Validators of a topic at work at once, unless the topic says otherwise; other messages wait.',
    raising: 'More suits validators that wait for others; fewer, those that compute.',
    source: 'A guess.',
  },
  'defer.msMax': {
    type: integer(1_000, 86_400_000, 'ms'),
    default: 600_000,
    does: 'How long a message may wait for what its validator waits for; then it is given up.',
    raising: 'Messages whose parents come very late are still passed on; more of what never comes is held meanwhile.',
    source: 'A guess: Bitcoin kept orphans for 20 minutes. Memory is bounded apart from this.',
  },
  'record.file': {
    type: { kind: 'file' },
    default: '',
    defaultMeans: 'none',
    does: 'File that every event of this node is recorded in, for `grapevine replay`. A relative path begins in the home.',
    raising:
      'What was recorded before stays, and each life of the node goes on behind it. Bodies of messages are in it: the file is as private as the store.',
    source: 'docs/replay.md has what it costs.',
    flag: '--record',
  },
  'record.sizeMax': {
    type: integer(1 << 20, Number.MAX_SAFE_INTEGER, 'bytes'),
    default: 256 << 20,
    defaultMeans: '256 MiB',
    does: 'Size of the recording at most. When it is full, recording ends; the node goes on and says so.',
    raising: 'A longer story. 256 MiB are about half a million messages of 100 bytes, each in an envelope of its own.',
    source: 'A guess: a replay of it takes a minute.',
    flag: '--record-max',
  },
  'record.actions': {
    type: { kind: 'choice', choices: recordActions },
    default: 'digest',
    does: 'What the recording has of what the node did: 8 bytes of SHA-256 for each event, or all of it.',
    raising: '`bytes` makes it three to four times as large; a replay that differs then shows what was done, too.',
    source: 'Whether a replay is equal, a digest tells as well.',
    flag: '--record-actions',
  },
})

/** Names of all options. */
export const optionNames = Object.keys(options) as readonly OptionName[]

/** The variable of the environment that sets an option: `GRAPEVINE_LOG_LEVEL`. */
export const variableOf = (name: OptionName): string =>
  `GRAPEVINE_${name.replace(/[A-Z]/g, '_$&').replaceAll('.', '_').toUpperCase()}`
