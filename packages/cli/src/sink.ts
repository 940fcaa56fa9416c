import type { GapView, MessageView } from '@grapevine/protocol/control'
import { type Context, homeOf } from './context.ts'
import { Executor } from './execute.ts'
import { applyFormat, type Format } from './format.ts'
import { note, plural, printJsonLine, resultsOnTerminal, write } from './output.ts'
import { shortId } from './message-id.ts'
import { safe } from './safe.ts'
import { formatSize } from './size.ts'

/** How messages are shown. */
export interface SinkOptions {
  readonly raw?: true | undefined
  readonly format?: Format | undefined
  readonly exec?: string | undefined
  readonly jobs?: number | undefined
}

/** Where messages go. */
export interface Sink {
  take(message: MessageView): Promise<void>
  finish?(): Promise<void>
  readonly failed?: number
}

/** What a sink needs beside its options. */
export interface SinkContext {
  readonly context: Context
  /** Whether all messages are of one topic. */
  readonly isLone: boolean
  /** The bytes of a message, however large. */
  readonly payload: (message: MessageView) => Promise<Buffer>
  /** For a consumer: runs commands that fail again until the signal; and hears of every message that is over. */
  readonly retryUntil?: AbortSignal | undefined
  readonly onEnd?: ((message: MessageView, isDone: boolean) => void) | undefined
}

/** A sink for messages: a command for each, or a line of text or JSON. */
export async function sinkOf(options: SinkOptions, sinkContext: SinkContext): Promise<Sink> {
  const { context, onEnd, retryUntil } = sinkContext
  const { exec } = options
  if (exec !== undefined) {
    const env = { ...process.env, GRAPEVINE_HOME: await homeOf(context) }
    const executor = new Executor({ command: exec, jobs: options.jobs ?? 1, env, retryUntil, ...(onEnd && { onEnd }) })
    return {
      take: (message) => executor.take(message, () => present(message, sinkContext)),
      finish: () => executor.finish(),
      get failed() {
        return executor.failed
      },
    }
  }
  const show = printerOf(options, sinkContext)
  return {
    async take(message) {
      await show(message)
      onEnd?.(message, true)
    },
  }
}

/** Prints messages as the options say. */
export function printerOf(
  { raw, format }: SinkOptions,
  sinkContext: SinkContext,
): (message: MessageView) => Promise<void> {
  const { context, isLone } = sinkContext
  if (context.json) return printJsonLine
  const writeEach =
    (bytesOf: (message: MessageView, body: Buffer) => Buffer) =>
    async (message: MessageView): Promise<void> => {
      const body = await bodyOf(message)
      if (body !== undefined) await write(bytesOf(message, body))
    }
  const onTerminal = resultsOnTerminal()
  const bodyOf = async (message: MessageView): Promise<Buffer | undefined> =>
    onTerminal && message.bodySize !== undefined
      ? Buffer.from(elsewhere(message, context.self))
      : present(message, sinkContext)
  if (raw === true) return writeEach((_, body) => body)
  const shownBytes = (body: Buffer): Buffer => (onTerminal ? Buffer.from(safe(body.toString())) : body)
  // `echo hello | grapevine pub chat -` sends a newline too: what ends its own line gets no second end.
  const shownLine = (body: Buffer): Buffer => shownBytes(body.at(-1) === newline[0] ? body.subarray(0, -1) : body)
  if (format !== undefined)
    return writeEach((message, body) => Buffer.concat([applyFormat(format, message, shownBytes(body)), newline]))
  return writeEach((message, body) =>
    Buffer.concat([Buffer.from(isLone ? '' : `${message.topic}\t`), shownLine(body), newline]),
  )
}

/** The bytes of a message; undefined, and a remark, where retention let go of them before this reader had them. */
async function present(message: MessageView, { payload }: Pick<SinkContext, 'payload'>): Promise<Buffer | undefined> {
  try {
    return await payload(message)
  } catch (error) {
    if ((error as { readonly code?: unknown }).code !== 'not-found') throw error
    note(`gap: the body of ${shortId(message.id)} is not kept any more`)
    return undefined
  }
}

/** Nobody reads megabytes on a terminal. */
const elsewhere = ({ id, bodySize = 0 }: MessageView, self: string): string =>
  `(${formatSize(bodySize)}: ${self} body ${id.slice(0, 12)} --out PATH)`

/** What was missed, and why, for people. */
export function gapText({ gap }: GapView): string {
  const { missed, author, first, last, of, parents } = gap
  if (author !== undefined) {
    const which = first === last ? `${first}` : `${first} to ${last}`
    return `gap: ${plural(missed ?? 0, 'message')} of …${author.slice(-6)} (sequence ${which}) did not come`
  }
  if (of !== undefined) {
    const named = (parents ?? []).slice(0, 3).map(shortId).join(', ')
    return `gap: ${plural(missed ?? 0, 'parent')} of ${shortId(of)} did not come: ${named}`
  }
  return missed === undefined
    ? 'messages missed: this reader was away for too long, or the node restarted'
    : `${plural(missed, 'message')} missed: this reader is too slow`
}

const newline = Buffer.from('\n')
