import { once } from 'node:events'
import { styleText } from 'node:util'
import { safeJson } from './safe.ts'

/** Whether results are read by a person. */
export const resultsOnTerminal = (): boolean => process.stdout.isTTY

/** Whether remarks are read by a person. */
export const notesOnTerminal = (): boolean => process.stderr.isTTY

let corked = false

/**
 * Writes to standard output; what is written in one turn of the event loop goes out together, but to a terminal at once,
 * so that results and remarks keep their order there. Resolves once there is room for more, so that whoever awaits it
 * never fills the memory because a reader is slow.
 */
export async function write(chunk: string | Uint8Array): Promise<void> {
  const stream = process.stdout
  if (stream.destroyed) return
  if (!corked && !resultsOnTerminal()) {
    corked = true
    stream.cork()
    setImmediate(() => {
      corked = false
      stream.uncork()
    })
  }
  stream.write(chunk)
  // A reader that is gone ends the program, or for `up` only the output: see `endOnClosedOutput`.
  if (stream.writableNeedDrain) await once(stream, 'drain').catch(() => undefined)
}

/** Writes a result and a newline. */
export const print = (text: string): Promise<void> => write(`${text}\n`)

/** Writes one JSON value on a line; on a terminal, indented. */
export const printJson = (value: unknown): Promise<void> => print(safeJson(value, resultsOnTerminal() ? 2 : undefined))

/** Writes one JSON value of a stream, always on one line. */
export const printJsonLine = (value: unknown): Promise<void> => print(safeJson(value))

/** Says something that is not a result, on standard error. */
export function note(text: string): void {
  process.stderr.write(`${text}\n`)
}

/** Names the next useful command, to a person only: whoever sends the results elsewhere has one in mind. */
export function suggest(text: string): void {
  if (notesOnTerminal() && resultsOnTerminal()) note(styleText('dim', text, { stream: process.stderr }))
}

/** Ends the line on which a terminal shows `^C`. */
export function endEchoedLine(): void {
  if (notesOnTerminal() && process.stdin.isTTY) process.stderr.write('\n')
}

/** Text in a style, if standard output is a terminal and colours are wanted (NO_COLOR, FORCE_COLOR). */
export const styled = (style: 'bold' | 'dim' | 'red' | 'green' | 'yellow', text: string): string =>
  styleText(style, text, { stream: process.stdout })

/** A count with its noun: `1 peer`, `1000 peers`. */
export const plural = (count: number, noun: string, nouns = `${noun}s`): string =>
  `${count} ${count === 1 ? noun : nouns}`

let ends = true

/** A reader that stops early (`| head`) ends the program quietly. */
export function endOnClosedOutput(): void {
  process.stdout.on('error', (error: NodeJS.ErrnoException) => {
    if (ends) process.exit(error.code === 'EPIPE' ? 0 : 1)
  })
  process.stderr.on('error', () => undefined)
}

/** For a program that has other work than its output: a node lives on when nobody reads what it says. */
export function liveOnClosedOutput(): void {
  ends = false
}

/** Resolves once everything written has left the process, so that it can exit. */
export async function flush(): Promise<void> {
  for (const stream of [process.stdout, process.stderr]) {
    if (stream.destroyed) continue
    if (stream === process.stdout && corked) stream.uncork()
    await new Promise<void>((resolve) => stream.write('', () => resolve()))
  }
}
