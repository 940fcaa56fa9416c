import { createReadStream } from 'node:fs'
import type { ControlClient } from '@grapevine/node/client'
import {
  exportFault,
  exportLineMax,
  fromHex,
  readExportHeader,
  readExportLine,
  sha256,
  type ExportHeader,
} from '@grapevine/protocol'
import type { ErrorView, ImportInput, ImportSummary, ImportView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'
import { readLines } from './line.ts'
import { note, plural, print, printJson, suggest } from './output.ts'
import { safe } from './safe.ts'

/** Options of `topic import`. */
export interface ImportOptions {
  readonly dryRun?: true | undefined
}

/** Lines that are named one by one when they are refused. */
const namedMax = 10

type Verify = (message: Uint8Array, signature: Uint8Array, author: Uint8Array) => boolean

/** Brings back an export, or only checks it. Sets exit code 1 if anything was refused. Errors `rejected`, `other-network`. */
export async function importTopic(file: string, { dryRun }: ImportOptions, context: Context): Promise<void> {
  const lines = readLines(bytesOf(file), exportLineMax)[Symbol.asyncIterator]()
  const first = await lines.next()
  const header = first.done === true ? { fault: 'it is empty' } : readExportHeader(first.value.toString())
  if ('fault' in header) throw new CommandError('rejected', `${nameOf(file)} is not an export: ${header.fault}`)
  const tally = new Tally(header.topic)
  const rest = { [Symbol.asyncIterator]: () => lines }
  if (dryRun === true) {
    const { verify } = await import('@grapevine/node/signature')
    if (header.dialect === 'pubsub')
      throw new CommandError('usage', 'an export of a pubsub network can only be checked by importing it')
    for await (const _ of goodLines(rest, header, tally, verify)) tally.take({ result: 'new' })
  } else {
    const client = await clientOf(context)
    await prepare(client, header)
    const body = goodLines(rest, header, tally)
    for await (const result of client.stream('import', { topic: header.topic }, { body })) tally.take(result)
  }
  await tell(tally.summary, { header, dryRun, context })
}

/** Refuses another network, and holds the topic under the rules of the export unless it is held already. */
async function prepare(
  client: ControlClient,
  { network, networkName, topic, definition }: ExportHeader,
): Promise<void> {
  const own = await client.call('network', {})
  if (own.id !== network) {
    throw new CommandError(
      'other-network',
      `the export is of network ${safe(networkName)} (${network.slice(0, 8)}…), and this node is in ${own.name} (${own.id.slice(0, 8)}…)`,
      'only a node of that network can check it',
    )
  }
  const held = await client.call('topics', {})
  if (held.some((view) => view.topic === topic)) return
  const isProgram = typeof definition.id === 'object' && 'custom' in definition.id
  if (isProgram) await client.call('topicHold', {}, { body: { topic } })
  else await client.call('topicDefine', {}, { body: { definition } })
}

/** The lines that hold what they show, as the node takes them; others are counted as refused. */
async function* goodLines(
  lines: AsyncIterable<Buffer>,
  { topic, network, dialect, definition }: ExportHeader,
  tally: Tally,
  verify?: Verify,
): AsyncGenerator<ImportInput, void, void> {
  const check = {
    networkId: fromHex(network)!,
    sha256,
    iso: (micros: number): string => new Date(Math.min(micros / 1000, 8.64e15)).toISOString(),
    byContent: definition.id !== 'signed',
    ...(verify && {
      verify: (author: Uint8Array, bytes: Uint8Array, signature: Uint8Array) => verify(bytes, signature, author),
    }),
  }
  const isEnveloped = definition.format !== 'raw' && dialect !== 'pubsub'
  let number = 1
  for await (const text of lines) {
    number++
    if (text.length === 0) continue
    const read = readExportLine(text.toString())
    const fault = 'fault' in read ? read.fault : read.line.topic === topic ? undefined : 'it is of another topic'
    const wrong = fault ?? ('wire' in read && isEnveloped ? exportFault(read.line, read.wire, check) : undefined)
    if (wrong !== undefined || !('wire' in read)) {
      tally.refuse(number, wrong ?? 'it has no wire')
      continue
    }
    const { messages } = read.line
    tally.give(number, Array.isArray(messages) ? messages.length : 1)
    yield { wire: read.line.wire }
  }
}

/** Counts what became of lines. */
class Tally {
  readonly #counts = { new: 0, known: 0, refused: 0, messages: 0 }
  readonly #reasons = new Map<string, number>()
  /** Lines that the node has not answered: where they are, and how many messages they hold. */
  readonly #given: (readonly [line: number, messages: number])[] = []
  readonly #topic: string

  constructor(topic: string) {
    this.#topic = topic
  }

  get summary(): ImportSummary {
    return { topic: this.#topic, ...this.#counts, reasons: Object.fromEntries(this.#reasons) }
  }

  give(line: number, messages: number): void {
    this.#given.push([line, messages])
  }

  take(result: ImportView | ErrorView): void {
    if ('error' in result) throw new CommandError('rejected', result.error.message, result.error.hint)
    const [line, messages] = this.#given.shift() ?? [0, 0]
    if (result.result === 'refused') return this.refuse(line, result.reason ?? 'refused', result.detail)
    this.#counts[result.result]++
    if (result.result === 'new') this.#counts.messages += messages
  }

  refuse(line: number, reason: string, detail?: string): void {
    this.#counts.refused++
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1)
    if (this.#counts.refused <= namedMax)
      note(`line ${line} refused: ${safe(reason)}${detail === undefined ? '' : ` (${safe(detail)})`}`)
  }
}

async function tell(
  summary: ImportSummary,
  {
    header,
    dryRun,
    context,
  }: { readonly header: ExportHeader; readonly dryRun: true | undefined; readonly context: Context },
): Promise<void> {
  if (summary.refused > 0) process.exitCode = 1
  if (context.json) return printJson(summary)
  const { topic, refused, messages } = summary
  if (dryRun === true) {
    await print(
      `${plural(summary.new, 'envelope')} of ${topic} in network ${safe(header.networkName)} ${summary.new === 1 ? 'holds' : 'hold'}, ${refused} refused`,
    )
    return
  }
  await print(
    `${topic}: ${plural(summary.new, 'envelope')} new (${plural(messages, 'message')}), ${summary.known} known, ${refused} refused`,
  )
  suggest(`next: ${context.self} history ${topic} --last 10`)
}

const nameOf = (file: string): string => (file === '-' ? 'standard input' : file)

async function* bytesOf(file: string): AsyncGenerator<Buffer, void, undefined> {
  try {
    yield* (file === '-' ? process.stdin : createReadStream(file)) as AsyncIterable<Buffer>
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === undefined) throw error
    throw unreadable(nameOf(file), error)
  }
}
