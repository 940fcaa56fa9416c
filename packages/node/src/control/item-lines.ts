import type { IncomingMessage, ServerResponse } from 'node:http'
import type { ErrorView, ImportInput, Schema } from '@grapevine/protocol/control'
import type { NodeApi } from '../api.ts'
import { NodeError } from '../error.ts'
import { LineSplitter } from './line-splitter.ts'
import { answerError } from './refusal.ts'
import { parseJson } from './request-body.ts'
import { schemaCheck } from './schema-check.ts'
import { TextWriter } from './text-writer.ts'

/**
 * Sends items, one JSON object a line, as fast as the client reads them. What fails before the first item is thrown; what
 * fails later cuts the answer off.
 */
export async function sendItems(
  response: ServerResponse,
  items: AsyncIterable<unknown>,
  closing: AbortSignal,
): Promise<void> {
  const iterator = items[Symbol.asyncIterator]()
  const writer = new TextWriter(response)
  try {
    let next = await iterator.next()
    response.writeHead(200, { 'content-type': 'application/x-ndjson', 'x-accel-buffering': 'no' })
    response.flushHeaders()
    for (; next.done !== true; next = await iterator.next()) {
      writer.write(`${JSON.stringify(next.value)}\n`)
      if (writer.full) await writer.room()
      if (closing.aborted) throw new NodeError('stopped', 'the node is stopping')
      if (response.destroyed) return
    }
    writer.end()
  } finally {
    await iterator.return?.()
  }
}

/** What an import needs. */
export interface ImportOptions {
  readonly api: NodeApi
  readonly topic: string
  /** Longest line, in bytes. */
  readonly lineBytesMax: number
  readonly lineSchema: Schema
  readonly closing: AbortSignal
  readonly onError: (error: unknown) => void
}

/** Imports each line of a request, and answers each with one line. An error is the last line. */
export async function importLines(
  request: IncomingMessage,
  response: ServerResponse,
  { api, topic, lineBytesMax, lineSchema, closing, onError }: ImportOptions,
): Promise<void> {
  const check = await schemaCheck(lineSchema, 'the line')
  const wires = async function* (): AsyncGenerator<Uint8Array, void, void> {
    const splitter = new LineSplitter(lineBytesMax)
    const wireOf = (line: Buffer | undefined): Uint8Array => {
      if (closing.aborted) throw new NodeError('stopped', 'the node is stopping')
      if (line === undefined) throw new NodeError('oversize', `the line is over ${lineBytesMax} bytes`)
      const value = parseJson(line, 'the line')
      check(value)
      return Buffer.from((value as ImportInput).wire, 'base64')
    }
    for await (const chunk of request) for (const line of splitter.push(chunk as Buffer)) yield wireOf(line)
    for (const line of splitter.end()) yield wireOf(line)
  }
  const results = api.history.import(topic, wires())
  await sendItems(response, orError(results, onError), closing)
}

async function* orError<Item>(
  items: AsyncIterable<Item>,
  onError: (error: unknown) => void,
): AsyncGenerator<Item | ErrorView, void, void> {
  try {
    yield* items
  } catch (error) {
    yield answerError(error, onError).view
  }
}
