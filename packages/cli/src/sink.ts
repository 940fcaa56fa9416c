import type { GapView, MessageView } from '@grapevine/protocol/control'
import { type Context, homeOf } from './context.ts'
import { Executor } from './execute.ts'
import { applyFormat, type Format } from './format.ts'
import { plural, printJsonLine, resultsOnTerminal, write } from './output.ts'
import { shortId } from './message-id.ts'
import { safe } from './safe.ts'

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
      take: (message) => executor.take(message, bodyOf(message)),
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
  { context, isLone }: SinkContext,
): (message: MessageView) => Promise<void> {
  if (context.json) return printJsonLine
  if (raw === true) return (message) => write(bodyOf(message))
  const onTerminal = resultsOnTerminal()
  const shownBytes = (body: Buffer): Buffer => (onTerminal ? Buffer.from(safe(body.toString())) : body)
  const shown = (message: MessageView): Buffer => shownBytes(bodyOf(message))
  // `echo hello | grapevine pub chat -` sends a newline too: what ends its own line gets no second end.
  const shownLine = (message: MessageView): Buffer => {
    const body = bodyOf(message)
    return shownBytes(body.at(-1) === newline[0] ? body.subarray(0, -1) : body)
  }
  if (format !== undefined) {
    return (message) => write(Buffer.concat([applyFormat(format, message, shown(message)), newline]))
  }
  return (message) =>
    write(Buffer.concat([Buffer.from(isLone ? '' : `${message.topic}\t`), shownLine(message), newline]))
}

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

/** The exact payload. */
function bodyOf(message: MessageView): Buffer {
  return message.text === undefined ? Buffer.from(message.base64 ?? '', 'base64') : Buffer.from(message.text)
}
