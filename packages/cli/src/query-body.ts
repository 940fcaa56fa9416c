import { checkTopicName, topicNameMax } from '@grapevine/protocol'
import { queryBodySizeMax } from '@grapevine/protocol/query'
import { CommandError } from './failure.ts'
import { resultsOnTerminal } from './output.ts'
import { readInput } from './publish-source.ts'
import { safe } from './safe.ts'

/** What is asked: text, standard input for `-`, or nothing. Error `oversize`. */
export async function questionBody(given: string | undefined): Promise<Uint8Array> {
  const body = given === '-' ? await readInput(undefined, queryBodySizeMax) : Buffer.from(given ?? '')
  if (body !== undefined && body.length <= queryBodySizeMax) return body
  throw new CommandError('oversize', `a question has at most ${queryBodySizeMax} bytes`)
}

/** Throws error `usage` for what cannot be the name of a query: names are as those of topics. */
export function requireQueryName(name: string): void {
  if (checkTopicName(name).ok) return
  const rule = `the name of a query has 1 to ${topicNameMax} of A-Z a-z 0-9 . _ / -`
  throw new CommandError('usage', `a query cannot be called ${JSON.stringify(name)}`, rule)
}

/** The bytes of what came as JSON. */
export const bodyBytes = ({ text, base64 = '' }: { readonly text?: string; readonly base64?: string }): Buffer =>
  text === undefined ? Buffer.from(base64, 'base64') : Buffer.from(text)

/** An answer as one line, or more if it has more: what ends its own line gets no second end. */
export function answerLine(body: Buffer): Buffer {
  const line = body.at(-1) === newline[0] ? body.subarray(0, -1) : body
  return Buffer.concat([resultsOnTerminal() ? Buffer.from(safe(line.toString())) : line, newline])
}

const newline = Buffer.from('\n')
