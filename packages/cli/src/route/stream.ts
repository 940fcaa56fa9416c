import { createHash } from 'node:crypto'
import { join } from 'node:path'
import type { ControlClient } from '@grapevine/node/client'
import { clientIn, type Context, homeOf } from '../context.ts'
import { CommandTarget, commandSource } from './command-ends.ts'
import { Echo } from './echo.ts'
import { FileTarget, fileSource } from './file-ends.ts'
import { filterBy } from './filter.ts'
import { httpSource, HttpTarget } from './http-ends.ts'
import { Plugin } from './plugin.ts'
import type { Routed, Source, Target } from './routed.ts'
import type { EndpointConfig, StreamConfig, TopicEndpoint } from './stream-config.ts'
import { StreamLog } from './stream-log.ts'
import { topicSource } from './topic-source.ts'
import { TopicTarget } from './topic-target.ts'

/** Messages of one stream on their way at once, and their bytes; a larger one goes alone. */
const underWayMax = { messages: 256, bytes: 33_554_432 }

/** What one direction of a stream works with. */
interface Direction {
  readonly from: EndpointConfig
  readonly to: EndpointConfig
  readonly consumer: string
}

/** Runs a stream until the signal. Errors that trying again cannot mend are thrown; an end that is away is waited for. */
export async function runStream(config: StreamConfig, context: Context, signal: AbortSignal): Promise<void> {
  const log = new StreamLog(config.name)
  const { from, to, direction, name } = config
  const forward: Direction = { from, to, consumer: consumerOf(name, from) }
  if (direction === 'forward') {
    await runDirection(config, forward, { context, signal, log })
    return
  }
  const back: Direction = { from: to, to: from, consumer: `${consumerOf(name, to)}.back` }
  const fromEcho = Promise.withResolvers<Echo>()
  const toEcho = Promise.withResolvers<Echo>()
  // Each direction leaves out what the other one published.
  await Promise.all([
    runDirection(config, forward, { context, signal, log, ownEcho: toEcho.resolve, echo: fromEcho.promise }),
    runDirection(config, back, { context, signal, log, ownEcho: fromEcho.resolve, echo: toEcho.promise }),
  ])
}

/** A stream that reads another topic is another consumer. */
const consumerOf = (name: string, from: EndpointConfig): string =>
  `route.${name}.${digest(JSON.stringify(from)).slice(0, 8)}`

const digest = (text: string): string => createHash('sha256').update(text).digest('hex')

interface Surroundings {
  readonly context: Context
  readonly signal: AbortSignal
  readonly log: StreamLog
  readonly ownEcho?: (echo: Echo) => void
  readonly echo?: Promise<Echo>
}

async function runDirection(config: StreamConfig, direction: Direction, around: Surroundings): Promise<void> {
  const { signal, log } = around
  const target = await targetOf(direction.to, around)
  const plugin = config.plugin === undefined ? undefined : new Plugin(config.plugin, log)
  const passes = filterBy(config.filter)
  const echo = await around.echo
  /** The message as it goes on. */
  const judge = async (message: Routed): Promise<Routed | undefined> =>
    !passes(message) || (await echo?.has(message)) === true ? undefined : (plugin?.ask(message) ?? message)
  // Messages are sent in order, and done in order; in between many are under way.
  let turn: Promise<{ readonly arrived: Promise<void> } | undefined> = Promise.resolve(undefined)
  let acks: Promise<void> = Promise.resolve()
  const underWay = { messages: 0, bytes: 0 }
  const isFull = (): boolean => underWay.messages >= underWayMax.messages || underWay.bytes >= underWayMax.bytes
  let hasRoom: (() => void) | undefined
  signal.addEventListener('abort', () => hasRoom?.())
  const finish = (wasSent: boolean, size: number, done: () => void): void => {
    // What was given up because the stream ends is not done.
    if (signal.aborted) return
    if (wasSent) log.routed++
    else log.filtered++
    underWay.messages--
    underWay.bytes -= size
    done()
    hasRoom?.()
  }
  const settle = async (size: number, sent: typeof turn, done: () => void): Promise<void> => {
    await acks
    const sending = await sent
    await sending?.arrived
    finish(sending !== undefined, size, done)
  }
  try {
    for await (const { message, done } of await sourceOf(direction, config, around)) {
      const { length } = message.payload
      underWay.messages++
      underWay.bytes += length
      const judged = judge(message)
      const sent = turn.then(async () => {
        const passed = await judged
        return passed === undefined ? undefined : { arrived: target.send(passed) }
      })
      turn = sent
      acks = settle(length, sent, done)
      while (isFull() && !signal.aborted) await new Promise<void>((resolve) => (hasRoom = resolve))
    }
  } catch (error) {
    if (!signal.aborted) throw error
  } finally {
    await plugin?.close()
    await target.close()
  }
}

async function sourceOf(
  { from, consumer }: Direction,
  { start, name }: StreamConfig,
  { context, signal, log }: Surroundings,
): Promise<Source> {
  const isFromStart = start === 'all'
  if ('command' in from) return commandSource(from.command, from.lines ?? 'text', { signal, log })
  if ('http' in from) return httpSource(from.http, { signal, log })
  if ('topic' in from) {
    const client = await clientAt(from, context)
    return topicSource({ client, topic: from.topic, consumer, isFromStart, signal, log })
  }
  const placeFile = join(await homeOf(context), `${consumerOf(name, from)}.place`)
  return fileSource(from.file, from.lines ?? 'text', { signal, log, placeFile, isFromStart })
}

async function targetOf(to: EndpointConfig, { context, log, ownEcho }: Surroundings): Promise<Target> {
  if ('command' in to) return new CommandTarget(to.command, to.lines ?? 'json', log)
  if ('file' in to) return new FileTarget(to.file, to.lines ?? 'json', log)
  if ('http' in to) return new HttpTarget(to.http, log)
  const client = await clientAt(to, context)
  const { peerId } = await client.call('status', {})
  const echo = new Echo(peerId, () => target.pending)
  const target = new TopicTarget(client, to.topic, log, ({ id }) => echo.published(id))
  ownEcho?.(echo)
  return target
}

/** The node of a topic: that of the command, unless the file names another one. */
async function clientAt({ node, home }: TopicEndpoint, context: Context): Promise<ControlClient> {
  const choice = node === undefined && home === undefined ? context.choice : { node, home }
  return clientIn(await homeOf({ ...context, choice }))
}
