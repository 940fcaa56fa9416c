import { createWriteStream } from 'node:fs'
import { once } from 'node:events'
import { finished } from 'node:stream/promises'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { note, plural, printJsonLine, suggest } from './output.ts'
import { requireTopicName } from './topic-argument.ts'

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
  const out = file === undefined || file === '-' ? undefined : await create(file)
  for await (const line of all()) {
    total.lines++
    if ('messages' in line) total.messages += (line.messages as readonly unknown[]).length
    if (out === undefined) await printJsonLine(line)
    else if (!out.write(`${JSON.stringify(line)}\n`)) await once(out, 'drain')
  }
  if (out !== undefined) {
    out.end()
    await finished(out)
  }
  note(`${plural(total.messages, 'message')} in ${plural(total.lines, 'envelope')}`)
  if (file !== undefined) suggest(`check it with: ${context.self} topic import ${file} --dry-run`)
}

async function create(file: string) {
  const out = createWriteStream(file, { flags: 'wx', mode: 0o600 })
  try {
    await once(out, 'open')
    return out
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException
    throw new CommandError('usage', `${file} cannot be written: ${code === 'EEXIST' ? 'it is there already' : message}`)
  }
}
