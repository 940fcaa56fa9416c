import type { HistoryQuery } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import type { Format } from './format.ts'
import { parseIdArgument } from './message-id.ts'
import { note, resultsOnTerminal } from './output.ts'
import { printerOf } from './sink.ts'
import { requireTopicName } from './topic-argument.ts'

/** Options of `history`; moments in ISO 8601. */
export interface HistoryOptions {
  readonly author?: string | undefined
  readonly since?: string | undefined
  readonly until?: string | undefined
  readonly last?: number | undefined
  readonly id?: string | undefined
  readonly reverse?: true | undefined
  readonly raw?: true | undefined
  readonly format?: Format | undefined
}

/** Prints what is kept of a topic. */
export async function printHistory(topic: string, options: HistoryOptions, context: Context): Promise<void> {
  requireTopicName(topic)
  const { raw, format, id, ...search } = options
  const forms = [context.json && '--json', raw && '--raw', format && '--format'].filter(
    (form) => typeof form === 'string',
  )
  if (forms.length > 1) throw new CommandError('usage', `${forms.join(' and ')} exclude each other`, 'choose one')
  if (raw === true && resultsOnTerminal())
    throw new CommandError('usage', '--raw does not write to a terminal', 'send it to a file or a pipe')
  const given = Object.entries(search).filter(([, value]) => value !== undefined)
  const query: HistoryQuery = { topic, ...Object.fromEntries(given), ...(id !== undefined && { id: prefixOf(id) }) }
  const client = await clientOf(context)
  const print = printerOf({ raw, format }, { context, isLone: true, payload: (message) => client.payload(message) })
  let count = 0
  for await (const message of client.stream('history', query)) {
    await print(message)
    count++
  }
  if (count === 0 && !context.json) note(`nothing of ${topic} is kept that fits`)
}

function prefixOf(text: string): string {
  const found = parseIdArgument(text)
  if (found !== undefined) return found.prefix
  throw new CommandError('usage', `${text} is no message id`, 'it has 2 to 64 hex digits, as pub prints it')
}
