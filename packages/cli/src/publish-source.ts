import { isUtf8 } from 'node:buffer'
import { createReadStream } from 'node:fs'
import { setTimeout as delay } from 'node:timers/promises'
import { bodySizeMax } from '@grapevine/protocol/fetch'
import type { LineInput } from '@grapevine/protocol/control'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'
import { readLines, readWhole } from './line.ts'

/** Where messages come from. */
export interface SourceOptions {
  /** A file in place of standard input. */
  readonly file?: string | undefined
  /** How often the message goes out. */
  readonly count?: number | undefined
  /** Time from one message to the next, in ms. */
  readonly interval?: number | undefined
  /** How messages are written; by default they are what is read. */
  readonly encoding?: 'hex' | 'base64' | undefined
}

/** Longest message in a line, in bytes: as base64 it just fits into a line of the control API, and one more does not. */
const lineSizeMax = 786_420
const textSizeMax = 65_536

/** One whole message from a file or standard input. Errors `usage` (no such file), `oversize`, and the signal's reason. */
export async function readMessage({ file, encoding }: SourceOptions, signal: AbortSignal | undefined): Promise<Buffer> {
  const late = new Promise<never>((_, reject) => {
    signal?.addEventListener('abort', () => reject(signal.reason as Error), { once: true })
  })
  const body = await Promise.race([
    readWhole(bytesOf(file), encoding === undefined ? bodySizeMax : 2 * bodySizeMax + 4),
    late,
  ])
  if (body !== undefined) return decoded(body, encoding, file ?? 'standard input')
  throw new CommandError(
    'oversize',
    `${file ?? 'standard input'} is larger than any message may be (${bodySizeMax} bytes)`,
    'to send each line as a message: --lines',
  )
}

/** All bytes of a file or standard input; undefined if there are more than `bytesMax`. Error `usage`: no such file. */
export const readInput = (file: string | undefined, bytesMax: number): Promise<Buffer | undefined> =>
  readWhole(bytesOf(file), bytesMax)

/** Each line of a file or standard input as a message. `count` is called for each. */
export async function* lineInputs(
  options: SourceOptions,
  count: () => void,
): AsyncGenerator<LineInput, void, undefined> {
  const { interval, encoding } = options
  const pace = paceOf(interval)
  let number = 0
  // Of what is longer, one byte more than fits: the node refuses the line, and the others go on.
  const lineBytesMax = encoding === undefined ? lineSizeMax + 1 : 2 * lineSizeMax + 4
  for await (const line of readLines(bytesOf(options.file), lineBytesMax)) {
    await pace()
    count()
    yield inputOf(decoded(line, encoding, `line ${++number}`))
  }
}

/** The same message again and again, with its templates filled in each time. `count` is called for each. */
export async function* repeatedInputs(
  message: Buffer,
  options: SourceOptions & { readonly count: number },
  count: () => void,
): AsyncGenerator<LineInput, void, undefined> {
  const pace = paceOf(options.interval)
  const text = isUtf8(message) ? message.toString() : undefined
  for (let number = 1; number <= options.count; number++) {
    await pace()
    count()
    yield text === undefined ? inputOf(message) : { text: fillTemplate(text, number, new Date()) }
  }
}

/** Text with `{{Count}}`, the number of the message from 1, and `{{Time}}`, ISO 8601, in their places: as nats pub does. */
function fillTemplate(text: string, count: number, time: Date): string {
  if (!text.includes('{{')) return text
  return text.replaceAll('{{Count}}', String(count)).replaceAll('{{Time}}', time.toISOString())
}

/** The bytes that a text in an encoding means. Error `usage` if it is none. */
export function decoded(bytes: Buffer, encoding: SourceOptions['encoding'], what: string): Buffer {
  if (encoding === undefined) return bytes
  const text = bytes.toString().trim().replace(/^0x/, '')
  const pattern = encoding === 'hex' ? /^([0-9a-f]{2})*$/i : /^[A-Za-z0-9+/_-]*={0,2}$/
  if (pattern.test(text)) return Buffer.from(text, encoding)
  throw new CommandError('usage', `${what} is not ${encoding}`)
}

/** A text that is long could grow beyond any line, by what JSON escapes in it. */
const inputOf = (bytes: Buffer): LineInput =>
  bytes.length <= textSizeMax && isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') }

/** Waits so that calls are `intervalMs` apart from first to first, also when what is between them takes time. */
function paceOf(intervalMs: number | undefined): () => Promise<void> | undefined {
  let due = -Infinity
  return () => {
    if (intervalMs === undefined) return undefined
    const now = performance.now()
    due = Math.max(due + intervalMs, now)
    return due > now ? delay(due - now) : undefined
  }
}

async function* bytesOf(file: string | undefined): AsyncGenerator<Buffer, void, undefined> {
  const stream: AsyncIterable<Buffer> = file === undefined ? process.stdin : createReadStream(file)
  try {
    yield* stream
  } catch (error) {
    if (file === undefined || (error as NodeJS.ErrnoException).code === undefined) throw error
    throw unreadable(file, error)
  }
}
