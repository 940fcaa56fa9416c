import type { GapView, MessageView, ReadyView } from '@grapevine/protocol/control'
import { clientOf, type Context, homeOf } from './context.ts'
import { formatElapsed } from './duration.ts'
import { Executor } from './execute.ts'
import { CommandError } from './failure.ts'
import { applyFormat, type Format } from './format.ts'
import { isOnce, withNodeOnce, type OnceOptions } from './once.ts'
import { endEchoedLine, note, plural, printJsonLine, resultsOnTerminal, suggest, write } from './output.ts'
import { requireReadyFd, writeReady } from './ready-fd.ts'
import { safe } from './safe.ts'
import { requireTopicNames } from './topic-argument.ts'

/** Options of `sub`; the timeout in ms. */
export interface SubscribeOptions extends OnceOptions {
  /** Globs over held topics. */
  readonly match?: readonly string[] | undefined
  /** Wait for a node that went away, and go on. */
  readonly reconnect?: true | undefined
  readonly raw?: true | undefined
  readonly format?: Format | undefined
  readonly exec?: string | undefined
  readonly jobs?: number | undefined
  readonly count?: number | undefined
  readonly timeout?: number | undefined
  readonly readyFd?: number | undefined
}

/** What ended a subscription; a node that goes away is an error instead. */
type Ending = 'count' | 'timeout' | 'signal'

/** Where messages go. */
interface Sink {
  take(message: MessageView): Promise<void>
  finish?(): Promise<void>
  readonly failed?: number
}

/** Reads topics until a signal, the count, the timeout or the node ends it. */
export async function subscribe(names: readonly string[], options: SubscribeOptions, context: Context): Promise<void> {
  const topics = [...new Set(names)]
  requireTopicNames(topics, context.self)
  requireSense(topics, options, context)
  if (!isOnce(options)) return subscribeWith(topics, options, context)
  await withNodeOnce({ ...options, topics }, context, (own) => subscribeWith(topics, options, own))
}

async function subscribeWith(topics: readonly string[], options: SubscribeOptions, context: Context): Promise<void> {
  const { match = [] } = options
  const end = new AbortController()
  const finish = (ending: Ending): void => end.abort(ending)
  process.once('SIGINT', endEchoedLine)
  // Once: a second signal ends the program as it would any other.
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => finish('signal'))
  if (options.timeout !== undefined) setTimeout(() => finish('timeout'), options.timeout)
  const sink = await sinkOf(topics.length === 1 && match.length === 0, options, context)
  const client = await clientOf(context)
  const params = { topic: topics, match }
  const { signal } = end
  const onLost = (): void => note('the node stopped; waiting for it')
  const items =
    options.reconnect === true
      ? client.follow(params, { signal, onLost })
      : client.stream('subscribe', params, { signal })
  let received = 0
  let isFirst = true
  try {
    for await (const item of items) {
      if (end.signal.aborted) break
      if ('ready' in item) sayReady(item, match, isFirst ? options.readyFd : undefined, context)
      else if ('gap' in item) {
        note(gapText(item))
        if (context.json && options.exec === undefined) await printJsonLine(item)
      } else {
        await sink.take(item)
        received++
        if (received === options.count) finish('count')
      }
      isFirst = false
    }
  } catch (error) {
    if (!end.signal.aborted) throw error
  }
  await sink.finish?.()
  await conclude(end.signal.aborted ? (end.signal.reason as Ending) : undefined, received, sink.failed ?? 0, options)
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
    throw new CommandError('timeout', `${received} of ${plural(options.count, 'message')} within ${within}`)
  }
}

function requireSense(topics: readonly string[], options: SubscribeOptions, { json, self }: Context): void {
  const { raw, format, exec, jobs, readyFd, match = [] } = options
  if (topics.length + match.length === 0)
    throw new CommandError('usage', 'no topic', `${self} sub TOPIC, or for all that are held: ${self} sub --match '*'`)
  if (options.once === true && (match.length > 0 || options.reconnect === true))
    throw new CommandError(
      'usage',
      '--once takes topics by name, and ends with its node',
      'leave out --match and --reconnect',
    )
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

function sayReady({ ready }: ReadyView, globs: readonly string[], fd: number | undefined, context: Context): void {
  const topics = Object.entries(ready)
  const lines = topics.map(([topic, { peers }]) => `subscribed ${topic} (${plural(peers, 'peer')})`)
  for (const line of lines) note(line)
  if (globs.length > 0) note(`and held topics to come that match ${globs.join(' or ')}`)
  if (!context.json) suggest(`next, from another terminal: ${context.self} pub ${topics[0]?.[0] ?? 'chat'} hello`)
  if (fd !== undefined) writeReady(fd, lines.join(', ') || 'subscribed')
}

async function sinkOf(isLone: boolean, options: SubscribeOptions, context: Context): Promise<Sink> {
  const { exec, format } = options
  if (exec !== undefined) {
    const env = { ...process.env, GRAPEVINE_HOME: await homeOf(context) }
    const executor = new Executor({ command: exec, jobs: options.jobs ?? 1, env })
    return {
      take: (message) => executor.take(message, bodyOf(message)),
      finish: () => executor.finish(),
      get failed() {
        return executor.failed
      },
    }
  }
  if (context.json) return { take: printJsonLine }
  if (options.raw === true) return { take: (message) => write(bodyOf(message)) }
  const onTerminal = resultsOnTerminal()
  const shownBytes = (body: Buffer): Buffer => (onTerminal ? Buffer.from(safe(body.toString())) : body)
  const shown = (message: MessageView): Buffer => shownBytes(bodyOf(message))
  // `echo hello | grapevine pub chat -` sends a newline too: what ends its own line gets no second end.
  const shownLine = (message: MessageView): Buffer => {
    const body = bodyOf(message)
    return shownBytes(body.at(-1) === newline[0] ? body.subarray(0, -1) : body)
  }
  if (format !== undefined) {
    return { take: (message) => write(Buffer.concat([applyFormat(format, message, shown(message)), newline])) }
  }
  return {
    take: (message) =>
      write(Buffer.concat([Buffer.from(isLone ? '' : `${message.topic}\t`), shownLine(message), newline])),
  }
}

function gapText({ gap: { missed } }: GapView): string {
  return missed === undefined
    ? 'messages missed: this reader was away for too long, or the node restarted'
    : `${plural(missed, 'message')} missed: this reader is too slow`
}

const newline = Buffer.from('\n')

/** The exact payload. */
function bodyOf(message: MessageView): Buffer {
  return message.text === undefined ? Buffer.from(message.base64 ?? '', 'base64') : Buffer.from(message.text)
}
