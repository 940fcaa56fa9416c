import { clientOf, type Context } from './context.ts'
import { note, plural, printJsonLine, suggest } from './output.ts'
import { requireTopicName } from './topic-argument.ts'
import { writeWhole } from './whole-file.ts'

/** Writes what is kept of a topic to a file that is not there yet, or to standard output. */
export async function exportTopic(topic: string, file: string | undefined, context: Context): Promise<void> {
  requireTopicName(topic)
  const client = await clientOf(context)
  const lines = client.stream('export', { topic })
  // Nothing is written before the node has agreed.
  const first = await lines.next()
  const all = async function* (): AsyncGenerator<object, void, undefined> {
    if (first.done !== true) yield first.value
    yield* lines
  }
  const total = { lines: -1, messages: 0 }
  const counted = async function* (): AsyncGenerator<object, void, undefined> {
    for await (const line of all()) {
      total.lines++
      if ('messages' in line) total.messages += (line.messages as readonly unknown[]).length
      yield line
    }
  }
  if (file === undefined || file === '-') for await (const line of counted()) await printJsonLine(line)
  else await writeWhole(file, textOf(counted()), { isNew: true, mode: 0o600 })
  note(`${plural(total.messages, 'message')} in ${plural(total.lines, 'envelope')}`)
  if (file !== undefined) suggest(`check it with: ${context.self} topic import ${file} --dry-run`)
}

/** Characters that are written at once. */
const pieceLength = 65_536

async function* textOf(lines: AsyncIterable<object>): AsyncGenerator<string, void, undefined> {
  let text = ''
  for await (const line of lines) {
    text += `${JSON.stringify(line)}\n`
    if (text.length < pieceLength) continue
    yield text
    text = ''
  }
  yield text
}
