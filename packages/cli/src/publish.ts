import { isUtf8 } from 'node:buffer'
import { envelopeSizeMax } from '@grapevine/protocol'
import type { LineInput, PublishQuery, PublishView } from '@grapevine/protocol/control'
import type { ControlClient } from '@grapevine/node/client'
import { clientOf, type Context } from './context.ts'
import { formatElapsed } from './duration.ts'
import { CommandError, exitCodeOf } from './failure.ts'
import { readLines, readWhole } from './line.ts'
import { shortId } from './message-id.ts'
import { note, notesOnTerminal, plural, print, printJson, printJsonLine, resultsOnTerminal, suggest } from './output.ts'
import { safe } from './safe.ts'
import { requireTopicName } from './topic-argument.ts'

/** Options of `pub`; the timeout in ms. */
export interface PublishOptions {
  readonly lines?: true | undefined
  readonly waitPeers?: number | undefined
  readonly timeout?: number | undefined
}

/** The control API takes no longer timeout, in ms. */
const apiTimeoutMsMax = 86_400_000
/** The node tells of a timeout better than we can, so we wait a little longer than it does, in ms. */
const graceMs = 250

/** Publishes the message that was given, or standard input. `message` is `-` or undefined for the latter. */
export async function publish(
  topic: string,
  message: string | undefined,
  options: PublishOptions,
  context: Context,
): Promise<void> {
  requireTopicName(topic)
  const fromInput = message === undefined || message === '-'
  if (options.lines === true && !fromInput) {
    throw new CommandError(
      'usage',
      '--lines reads standard input, and takes no message',
      `${context.self} pub ${topic} - --lines`,
    )
  }
  if (message === undefined && process.stdin.isTTY) {
    throw new CommandError(
      'usage',
      'no message',
      `${context.self} pub ${topic} MESSAGE, or - to read it from standard input`,
    )
  }
  const start = performance.now()
  const signal = deadline(options.timeout)
  const client = await clientOf(context)
  const query = (): PublishQuery => ({
    topic,
    ...(options.waitPeers !== undefined && { waitPeers: options.waitPeers }),
    ...(options.timeout !== undefined && { timeout: remaining(start, options.timeout) }),
  })
  if (options.lines === true) return publishLines(client, query(), signal, context)
  const body = fromInput ? await readMessage(signal) : Buffer.from(message)
  const sent = performance.now()
  const view = await client.call('publish', query(), { body, signal })
  await tell(view, performance.now() - sent, context)
}

function deadline(timeoutMs: number | undefined): AbortSignal | undefined {
  if (timeoutMs === undefined) return undefined
  const controller = new AbortController()
  const failure = new CommandError('timeout', `not done within ${formatElapsed(timeoutMs)}`)
  setTimeout(() => controller.abort(failure), timeoutMs + graceMs)
  return controller.signal
}

const remaining = (start: number, timeoutMs: number): number =>
  Math.min(apiTimeoutMsMax, Math.max(1, Math.round(start + timeoutMs - performance.now())))

async function readMessage(signal: AbortSignal | undefined): Promise<Buffer> {
  const late = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  const body = await Promise.race([readWhole(process.stdin, envelopeSizeMax), late])
  if (body !== undefined) return body
  throw new CommandError(
    'oversize',
    `standard input is larger than a message may be (${envelopeSizeMax} bytes)`,
    'to send each line as a message: --lines',
  )
}

async function tell(view: PublishView, elapsedMs: number, context: Context): Promise<void> {
  if (context.json) await printJson(view)
  else if (resultsOnTerminal())
    await print(`${shortId(view.id)}     ${plural(view.peers, 'peer')}, ${formatElapsed(elapsedMs)}`)
  else await print(view.id)
  if (view.state === 'duplicate') note(`the same message was in ${view.topic} before`)
  else if (view.peers === 0) note(`no peer in ${view.topic} yet`)
  if (!context.json) suggest(`next: ${context.self} why ${view.id.slice(0, 6)}`)
}

async function publishLines(
  client: ControlClient,
  query: PublishQuery,
  signal: AbortSignal | undefined,
  context: Context,
): Promise<void> {
  const start = performance.now()
  // Ids that go to a terminal are progress enough.
  const progress = notesOnTerminal() && !resultsOnTerminal()
  const total = { read: 0, published: 0, failed: 0, peers: 0 }
  let failure: string | undefined
  let shownAt = start
  const body = lineInputs(() => total.read++)
  for await (const result of client.stream('publishLines', query, { body, signal })) {
    if ('error' in result) {
      total.failed++
      failure ??= result.error.code
      note(`error: line ${total.published + total.failed}: ${safe(result.error.message)}`)
      // A line for a line, so that the n-th id is that of the n-th message.
      await (context.json ? printJsonLine(result) : print(''))
      continue
    }
    total.published++
    total.peers = result.peers
    await (context.json ? printJsonLine(result) : print(result.id))
    if (progress && performance.now() - shownAt > 200) {
      shownAt = performance.now()
      process.stderr.write(`\r${total.published} published`)
    }
  }
  if (progress && shownAt !== start) process.stderr.write('\r\x1b[K')
  const answered = total.published + total.failed
  if (answered < total.read) throw new CommandError('stopped', `the node stopped after ${plural(answered, 'line')}`)
  if (total.published > 0 && total.peers === 0) note(`no peer in ${query.topic} yet`)
  if (failure !== undefined) {
    process.exitCode = exitCodeOf(failure)
    note(`${total.published} published, ${total.failed} refused`)
  } else if (notesOnTerminal()) {
    note(`${total.published} published, ${plural(total.peers, 'peer')}, ${formatElapsed(performance.now() - start)}`)
  }
}

async function* lineInputs(count: () => void): AsyncGenerator<LineInput, void, undefined> {
  // One byte more than any message may have: the node refuses the line, and the others go on.
  for await (const line of readLines(process.stdin, envelopeSizeMax + 1)) {
    count()
    yield isUtf8(line) ? { text: line.toString() } : { base64: line.toString('base64') }
  }
}
