import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorView, LineInput, PublishQuery, PublishView, Schema } from '@grapevine/protocol/control'
import type { NodeApi, PublishOptions } from '../api.ts'
import { NodeError } from '../error.ts'
import { publishOptions } from './calls.ts'
import { LineSplitter } from './line-splitter.ts'
import { answerError } from './refusal.ts'
import { parseJson } from './request-body.ts'
import { schemaCheck, type SchemaCheck } from './schema-check.ts'
import { TextWriter } from './text-writer.ts'

/** Lines that may be under way at once: enough to fill the node's batches, few enough to hold their results. */
const linesMax = 4_096
/** Payload bytes that may be under way at once; a single longer payload still goes alone. */
const payloadBytesMax = 1_048_576

/** What a stream of lines needs. */
export interface PublishLinesOptions {
  readonly api: NodeApi
  readonly query: PublishQuery
  /** Longest line, in bytes. */
  readonly lineBytesMax: number
  readonly lineSchema: Schema
  /** Aborts when the client is gone. */
  readonly signal: AbortSignal
  /** Aborts when the API closes: no more lines are read, and the results of those under way still go out. */
  readonly closing: AbortSignal
  readonly onError: (error: unknown) => void
}

/** Publishes each line of the request, and answers each with one line in the same order. Ends with the request. */
export async function publishLines(
  request: IncomingMessage,
  response: ServerResponse,
  options: PublishLinesOptions,
): Promise<void> {
  const check = await schemaCheck(options.lineSchema, 'the line')
  const queue = new LineQueue(response, check, options)
  response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-accel-buffering': 'no' })
  response.flushHeaders()

  const close = async (): Promise<void> => {
    await queue.end()
    // Only now: this also breaks off the reading below.
    request.destroy()
  }
  options.closing.addEventListener('abort', () => void close(), { once: true, signal: options.signal })

  const splitter = new LineSplitter(options.lineBytesMax)
  try {
    for await (const chunk of request) {
      for (const line of splitter.push(chunk as Buffer)) {
        if (queue.full) await queue.room()
        if (options.signal.aborted || options.closing.aborted) return
        queue.add(line)
      }
    }
    for (const line of splitter.end()) queue.add(line)
    await queue.end()
  } catch {
    // Only reading fails here: the client is gone, or `close` is done. There is nobody to tell.
    response.destroy()
  }
}

/** Lines under way, and their results in the order of the lines. */
class LineQueue {
  readonly #check: SchemaCheck
  readonly #options: PublishLinesOptions
  readonly #response: ServerResponse
  readonly #writer: TextWriter
  /** Results that wait for an earlier line, by line number modulo their count. */
  readonly #results: (string | undefined)[] = Array.from({ length: linesMax })
  #taken = 0
  #answered = 0
  #payloadBytes = 0
  readonly #startedAt = performance.now()
  #waiting: (() => void)[] = []

  constructor(response: ServerResponse, check: SchemaCheck, options: PublishLinesOptions) {
    this.#check = check
    this.#options = options
    this.#response = response
    this.#writer = new TextWriter(response)
    response.once('close', () => this.#wake())
  }

  /** Whether the next line has to await {@link room}. */
  get full(): boolean {
    return this.#taken - this.#answered >= linesMax || this.#payloadBytes >= payloadBytesMax || this.#writer.full
  }

  /** Resolves once the queue is not full, or the client is gone. */
  async room(): Promise<void> {
    while (this.full && !this.#response.destroyed) await (this.#writer.full ? this.#writer.room() : this.#change())
  }

  add(line: Buffer | undefined): void {
    const number = this.#taken++
    void this.#publish(line)
      .catch((error: unknown): ErrorView => answerError(error, this.#report).view)
      .then((result) => this.#settle(number, result))
  }

  /** Ends the answer after the last result. */
  async end(): Promise<void> {
    while (this.#answered < this.#taken && !this.#response.destroyed) await this.#change()
    this.#writer.end()
  }

  async #publish(line: Buffer | undefined): Promise<PublishView> {
    const payload = this.#decode(line)
    this.#payloadBytes += payload.length
    try {
      return await this.#options.api.publish(this.#options.query.topic, payload, this.#publishOptions())
    } finally {
      this.#payloadBytes -= payload.length
    }
  }

  /** The time is that of all lines together. */
  #publishOptions(): PublishOptions {
    const { query, signal } = this.#options
    const { waitPeers: _, timeoutMs, ...options } = publishOptions(query, signal)
    return timeoutMs === undefined
      ? options
      : { ...options, timeoutMs: Math.max(0, this.#startedAt + timeoutMs - performance.now()) }
  }

  #decode(line: Buffer | undefined): Uint8Array {
    if (line === undefined) throw new NodeError('oversize', `the line is over ${this.#options.lineBytesMax} bytes`)
    const value = parseJson(line, 'the line')
    this.#check(value)
    const input = value as LineInput
    if ('text' in input) {
      if (!input.text.isWellFormed()) throw new NodeError('usage', 'the text has half a surrogate pair')
      return Buffer.from(input.text)
    }
    const payload = Buffer.from(input.base64, 'base64')
    if (payload.toString('base64') !== input.base64) throw new NodeError('usage', 'the base64 is not canonical')
    return payload
  }

  #settle(number: number, result: PublishView | ErrorView): void {
    this.#results[number % linesMax] = `${JSON.stringify(result)}\n`
    for (;;) {
      const slot = this.#answered % linesMax
      const text = this.#results[slot]
      if (text === undefined) break
      this.#results[slot] = undefined
      this.#answered++
      this.#writer.write(text)
    }
    this.#wake()
  }

  /** Resolves with the next result, or when the client is gone. */
  async #change(): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.push(resolve))
  }

  #wake(): void {
    const waiting = this.#waiting
    this.#waiting = []
    for (const resolve of waiting) resolve()
  }

  /** What fails because the client is gone is nobody's error. */
  readonly #report = (error: unknown): void => {
    if (!this.#options.signal.aborted) this.#options.onError(error)
  }
}
