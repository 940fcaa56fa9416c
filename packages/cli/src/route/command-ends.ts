import { once } from 'node:events'
import { readLines } from '../line.ts'
import { keepRunning } from './command-process.ts'
import { lineOf, messageOfLine, type Routed, type Target } from './routed.ts'
import type { LineForm } from './stream-config.ts'
import type { StreamLog } from './stream-log.ts'

/** Longest line of a command, in bytes: more than any message in JSON. */
const lineBytesMax = 1 << 20

/** Lines that a command prints. What it printed before this process ended, and was not yet done, is lost. */
export async function* commandSource(
  command: string,
  form: LineForm,
  { signal, log }: { readonly signal: AbortSignal; readonly log: StreamLog },
): AsyncGenerator<{ readonly message: Routed; readonly done: () => void }, void, undefined> {
  const lines: Buffer[] = []
  let wake: (() => void) | undefined
  let hasRoom: (() => void) | undefined
  const work = keepRunning(command, {
    signal,
    onEnd: (why) => log.say(`${command}: ${why}`),
    run: async ({ stdout }) => {
      for await (const line of readLines(stdout!, lineBytesMax)) {
        lines.push(line)
        wake?.()
        if (lines.length >= 256) await new Promise<void>((resolve) => (hasRoom = resolve))
      }
    },
  })
  signal.addEventListener('abort', () => {
    wake?.()
    hasRoom?.()
  })
  while (!signal.aborted) {
    const line = lines.shift()
    if (line === undefined) {
      await new Promise<void>((resolve) => (wake = resolve))
      continue
    }
    hasRoom?.()
    const message = messageOfLine(line, form)
    if (message === undefined) log.refused('this router', 'a line is no message in JSON')
    else yield { message, done: () => undefined }
  }
  await work
}

/** Gives a command a line for each message; one counts as arrived once the pipe has it. */
export class CommandTarget implements Target {
  readonly #form: LineForm
  readonly #end = new AbortController()
  readonly #work: Promise<void>
  #input: NodeJS.WritableStream | undefined
  #ready: (() => void)[] = []

  constructor(command: string, form: LineForm, log: StreamLog) {
    this.#form = form
    this.#work = keepRunning(command, {
      signal: this.#end.signal,
      onEnd: (why) => log.away(command, new Error(why)),
      run: async (child) => {
        this.#input = child.stdin!
        child.stdout!.pipe(process.stderr, { end: false })
        for (const resolve of this.#ready.splice(0)) resolve()
        if (child.exitCode === null && child.signalCode === null) await once(child, 'exit').catch(() => undefined)
        this.#input = undefined
      },
    })
  }

  async send(message: Routed): Promise<void> {
    const line = `${lineOf(message, this.#form)}\n`
    while (!this.#end.signal.aborted) {
      const input = this.#input
      if (input === undefined) await new Promise<void>((resolve) => this.#ready.push(resolve))
      else if (await written(input, line)) return
    }
  }

  async close(): Promise<void> {
    this.#input?.end()
    this.#end.abort()
    for (const resolve of this.#ready.splice(0)) resolve()
    await this.#work
  }
}

const written = (stream: NodeJS.WritableStream, text: string): Promise<boolean> =>
  new Promise((resolve) => stream.write(text, (error) => resolve(error === null || error === undefined)))
