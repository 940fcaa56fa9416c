import type { LineInput, PublishQuery, PublishView } from '@grapevine/protocol/control'
import type { ControlClient } from '@grapevine/node/client'
import { clientOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError, exitCodeOf } from './failure.ts'
import { shortId } from './message-id.ts'
import { isOnce, withNodeOnce, type OnceOptions } from './once.ts'
import { note, notesOnTerminal, plural, print, printJson, printJsonLine, resultsOnTerminal, suggest } from './output.ts'
import { decoded, lineInputs, readMessage, repeatedInputs, type SourceOptions } from './publish-source.ts'
import { safe } from './safe.ts'
import { requireTopicName } from './topic-argument.ts'

/** Options of `pub`; times in ms. */
export interface PublishOptions extends SourceOptions, OnceOptions {
  readonly lines?: true | undefined
  readonly waitPeers?: number | undefined
  /** How many peers, or which, are to sign that they stored it. */
  readonly receipt?: number | readonly string[] | undefined
  readonly timeout?: number | undefined
  /** Ids of messages that it refers to. */
  readonly parent?: readonly string[] | undefined
}

/** The control API takes no longer timeout, in ms. */
const apiTimeoutMsMax = 86_400_000
/** What waits for this long says what for, in ms. */
const waitToldMs = 1_000
/** The node tells of a timeout better than we can, so we wait a little longer than it does, in ms. */
const graceMs = 250
/** What lacks receipts is published all the same, and only the node's answer has its id. */
const receiptGraceMs = 10_000

/** Publishes the message that was given, or a file, or standard input: `message` is `-` or undefined for these. */
export async function publish(
  topic: string,
  message: string | undefined,
  options: PublishOptions,
  context: Context,
): Promise<void> {
  requireTopicName(topic)
  requireSense(topic, message, options, context)
  if (!isOnce(options)) return publishWith(topic, message, options, context)
  await withNodeOnce({ ...options, topics: [topic] }, context, (own) => publishWith(topic, message, options, own))
}

async function publishWith(
  topic: string,
  message: string | undefined,
  options: PublishOptions,
  context: Context,
): Promise<void> {
  const { lines, count, timeout } = options
  const start = performance.now()
  const signal = deadline(timeout, options.receipt === undefined ? graceMs : receiptGraceMs)
  const client = await clientOf(context)
  const query = (): PublishQuery => ({
    topic,
    ...(options.waitPeers !== undefined && { waitPeers: options.waitPeers }),
    ...(typeof options.receipt === 'number' ? { receipts: options.receipt } : {}),
    ...(typeof options.receipt === 'object' ? { receiptsFrom: options.receipt } : {}),
    ...(timeout !== undefined && { timeout: remaining(start, timeout) }),
    ...(options.parent && { parent: options.parent }),
  })
  const publishEach = (inputs: (read: () => void) => AsyncIterable<LineInput>): Promise<void> =>
    publishMany(inputs, { client, query: query(), signal, context, waiting: sayWhatIsAwaited(topic, options) })
  if (lines === true) return publishEach((read) => lineInputs(options, read))
  const fromInput = message === undefined || message === '-'
  const body = fromInput
    ? await readMessage(options, signal)
    : decoded(Buffer.from(message), options.encoding, 'the message')
  if (count !== undefined) return publishEach((read) => repeatedInputs(body, { ...options, count }, read))
  const sent = performance.now()
  const waiting = sayWhatIsAwaited(topic, options)
  const view = await client.call('publish', query(), { body, signal }).finally(() => clearTimeout(waiting))
  await tell(view, performance.now() - sent, context)
}

/** Tells a person what a publish waits for, if it is not there soon. */
function sayWhatIsAwaited(topic: string, options: PublishOptions): NodeJS.Timeout | undefined {
  const text = awaitedText(topic, options)
  if (text === undefined || !notesOnTerminal()) return undefined
  return setTimeout(() => note(`waiting until ${text}`), waitToldMs).unref()
}

/** What a publish waits for; undefined if for nothing but the disk. */
export function awaitedText(topic: string, { waitPeers = 0, receipt }: PublishOptions): string | undefined {
  const peers = `${plural(waitPeers, 'peer')} ${waitPeers === 1 ? 'subscribes' : 'subscribe'} to ${topic}`
  const signed = typeof receipt === 'object' ? receipt.map(safe).join(' and ') : plural(receipt ?? 0, 'peer')
  const count = typeof receipt === 'object' ? receipt.length : (receipt ?? 0)
  const parts = [
    ...(waitPeers > 0 ? [peers] : []),
    ...(count > 0 ? [`${signed} ${count === 1 ? 'has' : 'have'} signed that it is stored`] : []),
  ]
  return parts.length === 0 ? undefined : parts.join(', and ')
}

function requireSense(topic: string, message: string | undefined, options: PublishOptions, { self }: Context): void {
  const { lines, file, count, interval } = options
  const isGiven = message !== undefined && message !== '-'
  if (lines === true && isGiven) {
    throw new CommandError(
      'usage',
      '--lines reads standard input or a file, and takes no message',
      `${self} pub ${topic} - --lines`,
    )
  }
  if (file !== undefined && message !== undefined)
    throw new CommandError('usage', '--file takes the place of the message', `${self} pub ${topic} --file PATH`)
  if (lines === true && count !== undefined)
    throw new CommandError('usage', '--lines and --count exclude each other', 'each line is one message')
  if (interval !== undefined && lines !== true && count === undefined)
    throw new CommandError('usage', '--interval needs --count or --lines', 'one message has no next one')
  if (message === undefined && file === undefined && process.stdin.isTTY) {
    throw new CommandError('usage', 'no message', `${self} pub ${topic} MESSAGE, or - to read it from standard input`)
  }
}

function deadline(timeoutMs: number | undefined, extraMs: number): AbortSignal | undefined {
  if (timeoutMs === undefined) return undefined
  const controller = new AbortController()
  const failure = new CommandError('timeout', `not done within ${formatElapsed(timeoutMs)}`)
  setTimeout(() => controller.abort(failure), timeoutMs + extraMs)
  return controller.signal
}

const remaining = (start: number, timeoutMs: number): number =>
  Math.min(apiTimeoutMsMax, Math.max(1, Math.round(start + timeoutMs - performance.now())))

async function tell(view: PublishView, elapsedMs: number, context: Context): Promise<void> {
  if (context.json) await printJson(view)
  else if (resultsOnTerminal()) await print(`${shortId(view.id)}     ${told(view)}, ${formatElapsed(elapsedMs)}`)
  else await print(view.id)
  if (view.state === 'duplicate') note(`the same message was in ${view.topic} before`)
  else if (view.peers === 0 && view.receipts === undefined) note(`no peer in ${view.topic} yet`)
  if (isShort(view)) {
    const have = `${view.receipts?.length ?? 0} of ${plural(view.wanted ?? 0, 'receipt')}`
    throw new CommandError(
      'timeout',
      `${have} in time: the message is published, and the outbox goes on asking`,
      outboxHint,
    )
  }
  if (!context.json) suggest(`next: ${context.self} why ${view.id.slice(0, 6)}`)
}

const outboxHint = 'see: grapevine outbox ls'

/** How many peers have it, by what was asked for. */
const told = ({ peers, receipts }: PublishView): string =>
  receipts === undefined ? plural(peers, 'peer') : plural(receipts.length, 'receipt')

/** Whether fewer peers than asked for have signed that they stored it. */
const isShort = ({ state, wanted }: PublishView): boolean => wanted !== undefined && state !== 'receipted'

interface Publishing {
  readonly client: ControlClient
  readonly query: PublishQuery
  readonly signal: AbortSignal | undefined
  readonly context: Context
  /** Ends with the first answer. */
  readonly waiting: NodeJS.Timeout | undefined
}

/** Publishes messages as one request, and prints an id for each as it is acknowledged. */
async function publishMany(
  inputs: (read: () => void) => AsyncIterable<LineInput>,
  { client, query, signal, context, waiting }: Publishing,
): Promise<void> {
  const start = performance.now()
  // Ids that go to a terminal are progress enough.
  const progress = notesOnTerminal() && !resultsOnTerminal()
  const total = { read: 0, published: 0, failed: 0, short: 0, peers: 0 }
  let failure: string | undefined
  let shownAt = start
  const body = inputs(() => total.read++)
  for await (const result of client.stream('publishLines', query, { body, signal })) {
    clearTimeout(waiting)
    if ('error' in result) {
      total.failed++
      failure ??= result.error.code
      note(`error: message ${total.published + total.failed}: ${safe(result.error.message)}`)
      // A line for a line, so that the n-th id is that of the n-th message.
      await (context.json ? printJsonLine(result) : print(''))
      continue
    }
    total.published++
    total.peers = result.peers
    if (isShort(result)) total.short++
    await (context.json ? printJsonLine(result) : print(result.id))
    if (progress && performance.now() - shownAt > 200) {
      shownAt = performance.now()
      process.stderr.write(`\r${total.published} published`)
    }
  }
  if (progress && shownAt !== start) process.stderr.write('\r\x1b[K')
  const answered = total.published + total.failed
  if (answered < total.read) throw new CommandError('stopped', `the node stopped after ${plural(answered, 'message')}`)
  if (total.published > 0 && total.peers === 0 && total.short === 0) note(`no peer in ${query.topic} yet`)
  if (failure !== undefined) {
    process.exitCode = exitCodeOf(failure)
    note(`${total.published} published, ${total.failed} refused`)
  } else if (notesOnTerminal()) {
    note(`${total.published} published, ${plural(total.peers, 'peer')}, ${formatElapsed(performance.now() - start)}`)
  }
  if (total.short > 0 && failure === undefined) {
    const text = `${total.short} of ${plural(total.published, 'message')} lack receipts: they are published, and the outbox goes on asking`
    throw new CommandError('timeout', text, outboxHint)
  }
}
