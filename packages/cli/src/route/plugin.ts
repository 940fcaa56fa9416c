import { readLines } from '../line.ts'
import { keepRunning } from './command-process.ts'
import { type Routed, viewOf } from './routed.ts'
import type { StreamLog } from './stream-log.ts'

interface Asked {
  readonly message: Routed
  readonly settle: (message: Routed | undefined) => void
}

/** Longest answer, in bytes. */
const answerBytesMax = 1 << 20

/**
 * A command that is given a line of JSON for each message, and answers each with one, in order: `{"action": "accept"}`, with
 * `text` or `base64` to put another body in its place, or `{"action": "drop"}`. Started again when it ends; what it had not
 * answered is asked again.
 */
export class Plugin {
  readonly #waiting: Asked[] = []
  readonly #end = new AbortController()
  readonly #work: Promise<void>
  readonly #log: StreamLog
  #input: NodeJS.WritableStream | undefined

  constructor(command: string, log: StreamLog) {
    this.#log = log
    this.#work = keepRunning(command, {
      signal: this.#end.signal,
      onEnd: (why) => log.away(command, new Error(why)),
      run: async (child) => {
        this.#input = child.stdin!
        for (const { message } of this.#waiting) this.#write(message)
        for await (const line of readLines(child.stdout!, answerBytesMax)) {
          const asked = this.#waiting.shift()
          if (asked === undefined) break
          log.ready(command)
          asked.settle(this.#answered(asked.message, line))
        }
        this.#input = undefined
      },
    })
  }

  /** The message as it goes on, or undefined if it does not. */
  ask(message: Routed): Promise<Routed | undefined> {
    return new Promise((settle) => {
      this.#waiting.push({ message, settle })
      this.#write(message)
    })
  }

  async close(): Promise<void> {
    this.#end.abort()
    await this.#work
  }

  #write(message: Routed): void {
    this.#input?.write(`${JSON.stringify(viewOf(message))}\n`)
  }

  /** What is no answer drops the message, and says so: to let it pass could do harm. */
  #answered(message: Routed, line: Buffer): Routed | undefined {
    const { action, text, base64 } = parsed(line)
    if (action === 'drop') return undefined
    if (action !== 'accept') {
      this.#log.refused('the plugin', `no answer: ${line.toString().slice(0, 80)}`)
      return undefined
    }
    if (typeof text === 'string') return { ...message, payload: Buffer.from(text) }
    return typeof base64 === 'string' ? { ...message, payload: Buffer.from(base64, 'base64') } : message
  }
}

function parsed(line: Buffer): { readonly action?: unknown; readonly text?: unknown; readonly base64?: unknown } {
  try {
    return (JSON.parse(line.toString()) as object | null) ?? {}
  } catch {
    return {}
  }
}
