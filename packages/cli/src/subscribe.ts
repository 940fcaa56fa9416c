import type { Acknowledger, ControlClient } from '@grapevine/node/client'
import type { ReadyView, SubscribeQuery } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError } from './failure.ts'
import { isOnce, withNodeOnce, type OnceOptions } from './once.ts'
import { endEchoedLine, flush, note, plural, printJsonLine, resultsOnTerminal, suggest } from './output.ts'
import { requireReadyFd, writeReady } from './ready-fd.ts'
import { gapText, sinkOf, type SinkOptions } from './sink.ts'
import { startQuery, type StartOptions } from './start-option.ts'
import { otherwiseText } from './topic-line.ts'
import { requireTopicNames } from './topic-argument.ts'

/** Options of `sub`; the timeout in ms. */
export interface SubscribeOptions extends OnceOptions, StartOptions, SinkOptions {
  /** Globs over held topics. */
  readonly match?: readonly string[] | undefined
  /** Wait for a node that went away, and go on. */
  readonly reconnect?: true | undefined
  /** Go on where the consumer of this name is. */
  readonly consumer?: string | undefined
  readonly ordered?: 'author' | 'causal' | undefined
  /** How long to wait for what an order misses, in ms. */
  readonly gapWait?: number | undefined
  readonly count?: number | undefined
  readonly timeout?: number | undefined
  readonly readyFd?: number | undefined
}

/** What ended a subscription; a node that goes away is an error instead. */
type Ending = 'count' | 'timeout' | 'signal'

/** Reads topics until a signal, the count, the timeout or the node ends it. */
export async function subscribe(names: readonly string[], options: SubscribeOptions, context: Context): Promise<void> {
  const topics = [...new Set(names)]
  requireTopicNames(topics, context.self)
  requireSense(topics, options, context)
  if (!isOnce(options)) return subscribeWith(topics, options, context)
  await withNodeOnce({ ...options, topics }, context, (own) => subscribeWith(topics, options, own))
}

async function subscribeWith(names: readonly string[], options: SubscribeOptions, context: Context): Promise<void> {
  const { match = [], consumer } = options
  const client = await clientOf(context)
  const topics =
    names.length + match.length > 0 ? names : (await client.call('consumer', { consumer: consumer! })).topics
  const end = new AbortController()
  const isCut = new AbortController()
  let cutBy: Ending | undefined
  const finish = (ending: Ending): void => {
    // With the count reached, commands that failed are still tried again: until the time is up, or the user has enough.
    if (end.signal.aborted && ending !== 'count') isCut.abort((cutBy ??= ending))
    else end.abort(ending)
  }
  process.once('SIGINT', endEchoedLine)
  // Once: a second signal ends the program as it would any other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => finish('signal'))
  if (options.timeout !== undefined) setTimeout(() => finish('timeout'), options.timeout)
  const acks = consumer === undefined ? undefined : await acknowledgerOf(client, consumer)
  const sink = await sinkOf(options, {
    context,
    isLone: topics.length === 1 && match.length === 0,
    payload: (message) => client.payload(message),
    ...(acks && { retryUntil: isCut.signal, onEnd: (message, isDone) => acks[isDone ? 'done' : 'failed'](message) }),
  })
  // A consumer's connection ends after its last acknowledgement.
  const link = acks === undefined ? end : new AbortController()
  const { signal } = link
  const settle = async (): Promise<void> => {
    if (end.signal.reason !== 'count') isCut.abort()
    await sink.finish?.()
    await acks?.flush()
    link.abort()
  }
  if (acks !== undefined) end.signal.addEventListener('abort', () => void settle(), { once: true })
  const onLost = (): void => note('the node stopped; waiting for it')
  const params = queryOf(topics, options)
  const items =
    options.reconnect === true
      ? client.follow('subscribe', params, { signal, onLost })
      : client.stream('subscribe', params, { signal })
  let received = 0
  let isFirst = true
  try {
    for await (const item of items) {
      if (end.signal.aborted) {
        if (acks === undefined) break
        continue
      }
      if ('ready' in item) {
        if (item.consumer !== undefined) acks?.begin(item.consumer.session)
        sayReady(item, options, isFirst, context)
      } else if ('gap' in item) {
        note(gapText(item))
        if (context.json && options.exec === undefined) await printJsonLine(item)
      } else if (acks?.take(item) !== false) {
        await sink.take(item)
        received++
        if (received === options.count) finish('count')
      }
      isFirst = false
    }
  } catch (error) {
    if (!end.signal.aborted) throw error
  }
  isCut.abort()
  await sink.finish?.()
  const ending = end.signal.aborted ? (cutBy ?? (end.signal.reason as Ending)) : undefined
  await conclude(ending, received, sink.failed ?? 0, options)
}

async function acknowledgerOf(client: ControlClient, consumer: string): Promise<Acknowledger> {
  const { Acknowledger } = await import('@grapevine/node/client')
  return new Acknowledger(client, consumer, flush)
}

function queryOf(topics: readonly string[], options: SubscribeOptions): SubscribeQuery {
  const { match = [], consumer, ordered, gapWait, exec, jobs = 1 } = options
  return {
    topic: topics,
    match,
    ...startQuery(options),
    ...(consumer !== undefined && { consumer, ...(exec !== undefined && { window: jobs }) }),
    ...(ordered !== undefined && { ordered }),
    ...(gapWait !== undefined && { gapWait }),
  }
}

async function conclude(
  ending: Ending | undefined,
  received: number,
  failed: number,
  options: SubscribeOptions,
): Promise<void> {
  if (ending === undefined) throw new CommandError('stopped', 'the node stopped')
  if (ending === 'signal') return
  if (failed > 0) {
    note(`${failed} of ${plural(received, 'command')} failed`)
    process.exitCode = 1
  }
  if (ending === 'timeout' && options.count !== undefined) {
    const within = formatElapsed(options.timeout ?? 0)
    if (received === options.count && failed === 0) return
    if (received === options.count)
      throw new CommandError('timeout', `${failed} of ${plural(received, 'command')} did not succeed within ${within}`)
    throw new CommandError('timeout', `${received} of ${plural(options.count, 'message')} within ${within}`)
  }
}

function requireSense(topics: readonly string[], options: SubscribeOptions, { json, self }: Context): void {
  const { raw, format, exec, jobs, readyFd, match = [], consumer } = options
  startQuery(options)
  if (topics.length + match.length === 0 && consumer === undefined)
    throw new CommandError('usage', 'no topic', `${self} sub TOPIC, or for all that are held: ${self} sub --match '*'`)
  if (options.once === true && (match.length > 0 || options.reconnect === true))
    throw new CommandError(
      'usage',
      '--once takes topics by name, and ends with its node',
      'leave out --match and --reconnect',
    )
  if (consumer !== undefined && (match.length > 0 || options.once === true))
    throw new CommandError(
      'usage',
      '--consumer takes topics by name, on a node that stays',
      'leave out --match and --once',
    )
  if (options.gapWait !== undefined && options.ordered === undefined)
    throw new CommandError('usage', '--gap-wait needs --ordered', 'say which order: author or causal')
  const forms = [json && exec === undefined && '--json', raw && '--raw', format && '--format', exec && '--exec'].filter(
    (form) => typeof form === 'string',
  )
  if (forms.length > 1)
    throw new CommandError('usage', `${forms.join(' and ')} exclude each other`, 'choose one of them')
  if (jobs !== undefined && exec === undefined)
    throw new CommandError('usage', '--jobs needs --exec', 'say what to run')
  if (raw === true && resultsOnTerminal()) {
    throw new CommandError(
      'usage',
      '--raw does not write to a terminal, where messages could do harm',
      'send it to a file or a pipe',
    )
  }
  if (readyFd !== undefined) requireReadyFd(readyFd)
}

function sayReady(
  { ready, consumer }: ReadyView,
  { match = [], readyFd }: SubscribeOptions,
  isFirst: boolean,
  context: Context,
): void {
  const topics = Object.entries(ready)
  const lines = topics.map(([topic, { peers }]) => `subscribed ${topic} (${plural(peers, 'peer')})`)
  for (const line of lines) note(line)
  for (const [topic, { otherwise = 0 }] of topics)
    if (otherwise > 0) note(`warning: ${otherwiseText(topic, otherwise, context)}`)
  if (match.length > 0) note(`and held topics to come that match ${match.join(' or ')}`)
  if (consumer?.refilled !== undefined) {
    const since = `the store was lost on ${consumer.refilled}`
    note(
      `warning: ${since}: consumer ${consumer.consumer} began again, and what it may have had is marked as redelivered`,
    )
  }
  if (!context.json) suggest(`next, from another terminal: ${context.self} pub ${topics[0]?.[0] ?? 'chat'} hello`)
  if (isFirst && readyFd !== undefined) writeReady(readyFd, lines.join(', ') || 'subscribed')
}
