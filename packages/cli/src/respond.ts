import { shortPeer } from '@grapevine/protocol'
import type { AskedView } from '@grapevine/protocol/control'
import type { ControlClient } from '@grapevine/node/client'
import { answerSizeMax } from '@grapevine/protocol/query'
import { clientOf, type Context, homeOf } from './context.ts'
import { CommandError, describe } from './failure.ts'
import { Jobs } from './jobs.ts'
import { keepTrying } from './keep-trying.ts'
import { note, printJsonLine } from './output.ts'
import { bodyBytes, requireQueryName } from './query-body.ts'
import { runShell } from './shell-command.ts'
import { untilSignal } from './until-signal.ts'

/** Options of `respond`; the timeout in ms. */
export interface RespondOptions {
  readonly exec: string
  readonly jobs?: number | undefined
  readonly timeout?: number | undefined
  readonly reconnect?: true | undefined
}

/** What answering with a command takes. */
export interface AnswerOptions {
  readonly client: ControlClient
  readonly name: string
  readonly command: string
  readonly env: NodeJS.ProcessEnv
  readonly jobs: Jobs
  /** A command is killed after this long, in ms; in any case when its answer comes too late. */
  readonly timeoutMs?: number | undefined
  readonly signal: AbortSignal
  readonly onReady: () => void
  readonly onAnswered?: (asked: AskedView, problem: string | undefined) => Promise<void>
}

/** Answers queries of a name until a signal, or the node, ends it. */
export async function respond(name: string, options: RespondOptions, context: Context): Promise<void> {
  const { exec: command, jobs = 1, timeout: timeoutMs, reconnect } = options
  requireQueryName(name)
  const { signal } = untilSignal()
  const env = { ...process.env, GRAPEVINE_HOME: await homeOf(context) }
  const client = await clientOf(context)
  const shared = { client, name, command, env, jobs: new Jobs(jobs), timeoutMs, signal }
  const onAnswered = async ({ query, origin, size }: AskedView, problem: string | undefined): Promise<void> => {
    if (context.json) await printJsonLine({ query, name, origin, size, ...(problem !== undefined && { problem }) })
    else if (problem !== undefined) note(`error: command for ${shortPeer(origin)}: ${problem}`)
  }
  const work = (onFirst: () => void): Promise<void> => {
    const onReady = (): void => {
      onFirst()
      note(`responding to ${name}`)
    }
    return answerQueries({ ...shared, onReady, onAnswered })
  }
  await keepTrying(work, { signal, isReconnecting: reconnect === true })
}

/** Answers with what a command prints, until the signal; error `stopped` if the node goes. */
export async function answerQueries(options: AnswerOptions): Promise<void> {
  const { client, name, jobs, signal, onReady } = options
  let responder = ''
  for await (const item of client.stream('respond', { name }, { signal })) {
    if (item.type === 'responding') {
      responder = item.responder
      onReady()
    } else {
      const came = performance.now()
      await jobs.start(() => answer(item, responder, came, options))
    }
  }
  if (!signal.aborted) throw new CommandError('stopped', 'the node stopped')
}

async function answer(asked: AskedView, responder: string, came: number, options: AnswerOptions): Promise<void> {
  const { client, command, env, timeoutMs = Infinity, signal, onAnswered } = options
  const { query, name, origin, leftMs } = asked
  // It may have waited for its turn.
  const left = leftMs - (performance.now() - came)
  const outcome =
    left <= 0
      ? { output: Buffer.alloc(0), problem: 'it came too late: the commands before it took too long' }
      : await runShell({
          command,
          input: bodyBytes(asked),
          timeoutMs: Math.min(left, timeoutMs),
          outputBytesMax: answerSizeMax,
          env: {
            ...env,
            GRAPEVINE_QUERY_ID: query,
            GRAPEVINE_QUERY_NAME: name,
            GRAPEVINE_QUERY_ORIGIN: origin,
            GRAPEVINE_QUERY_LEFT_MS: String(Math.floor(left)),
          },
        })
  if (signal.aborted) return
  const { output, problem } = outcome
  const failed = problem !== undefined
  try {
    await client.call('respondAnswer', { responder, query, failed }, { body: failed ? Buffer.from(problem) : output })
  } catch (error) {
    // The node is gone, or came back without this responder: whoever asked is told, or does not wait any more.
    note(`error: the answer to ${shortPeer(origin)} did not go out: ${describe(error)?.message ?? String(error)}`)
  }
  await onAnswered?.(asked, problem)
}
