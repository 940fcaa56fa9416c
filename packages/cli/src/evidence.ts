import { createReadStream } from 'node:fs'
import { checkEvidence, evidenceLengthMax } from '@grapevine/node/evidence'
import type { ControlClient } from '@grapevine/node/client'
import type { EvidenceDetailView, EvidenceView, StatementView } from '@grapevine/protocol/control'
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

/** Evidence of the node whose id begins with these digits. */
export function askEvidence(client: ControlClient, id: string): Promise<EvidenceDetailView> {
  if (/^[0-9a-fA-F]{6,64}$/.test(id)) return client.call('evidenceShow', { id })
  throw new CommandError(
    'usage',
    `${safe(id)} is no id of evidence`,
    'give the id that evidence ls printed, or its first 6 digits',
  )
}

/** Evidence as aligned lines: id, author, number, topic, and when it was found. */
export function evidenceRows(found: readonly EvidenceView[]): string[] {
  return table(
    found.map(({ id, author, topic, first, last, found: at = '' }) => [
      id.slice(0, 12),
      author,
      first === last ? `number ${first}` : `numbers ${first} to ${last}`,
      safe(topic),
      at,
    ]),
  )
}

/** Evidence for people: who signed which two messages. */
export function evidenceLines(view: EvidenceDetailView): string[] {
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
