import { createReadStream } from 'node:fs'
import { checkEvidence, evidenceLengthMax } from '@grapevine/node/evidence'
import type { EvidenceDetailView, StatementView } from '@grapevine/protocol/control'
import type { Context } from './context.ts'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'
import { readWhole } from './line.ts'
import { shortId } from './message-id.ts'
import { plural, print, printJson } from './output.ts'
import { safe } from './safe.ts'
import { table } from './table.ts'

/** Characters of a message that are shown. */
const shownMax = 60

/** Checks a file of evidence and tells what it proves; error `no-proof`. */
export async function verifyFile(path: string, context: Context): Promise<void> {
  const view = checkEvidence(await readText(path))
  if (context.json) return printJson(view)
  await print(['the proof holds: both signatures are the author’s', ...evidenceLines(view)].join('\n'))
}

/** Evidence for people: who signed which two messages. */
function evidenceLines(view: EvidenceDetailView): string[] {
  const { first, last, statements } = view
  const numbers = first === last ? `number ${first}` : `numbers ${first} to ${last}`
  return table([
    ['evidence', shortId(view.id)],
    ['author', view.author],
    ['signed', `two messages as ${numbers} of epoch ${view.epoch}`],
    ['topic', `${safe(view.topic)} of network ${view.network.slice(0, 16)}`],
    ...(view.found === undefined ? [] : [['found', view.found]]),
    ...statements.map((statement, index) => [index === 0 ? 'one' : 'other', account(statement, first)]),
  ])
}

function account({ text, size, time, seq, count }: StatementView, first: number): string {
  const shown = text === undefined ? plural(size, 'byte') : quoted(text)
  const within = count === 1 ? '' : `, in a batch of ${count} from ${seq}`
  return `number ${first} is ${shown}, written ${time}${within}`
}

const quoted = (text: string): string => {
  const line = safe(text)
  return line.length > shownMax ? `“${line.slice(0, shownMax)}…”` : `“${line}”`
}

async function readText(path: string): Promise<string> {
  try {
    const bytes = await readWhole(path === '-' ? process.stdin : createReadStream(path), evidenceLengthMax)
    if (bytes !== undefined) return bytes.toString()
  } catch (error) {
    throw unreadable(path, error)
  }
  throw new CommandError('no-proof', 'it proves nothing: it is longer than any file of evidence')
}
