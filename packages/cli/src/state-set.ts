import { isUtf8 } from 'node:buffer'
import type { StateInput, ValueInput } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { plural, print, printJson, suggest } from './output.ts'
import { readInput } from './publish-source.ts'
import { safe } from './safe.ts'
import { shown } from './state-line.ts'

/** Bytes of a value at most. */
const valueBytesMax = 65_536

/** Writes keys of this node: `KEY=VALUE…`, `KEY VALUE`, `KEY -`, or `KEY` with a file. */
export async function setState(words: readonly string[], file: string | undefined, context: Context): Promise<void> {
  const writes = await writesOf(words, file, context)
  const view = await (await clientOf(context)).call('stateSet', {}, { body: { writes } })
  if (context.json) return printJson(view)
  for (const write of writes) await print(`${safe(write.key)} = ${shown({ ...write, size: sizeOf(write) })}`)
  suggest(`next, from any node: ${context.self} state ls --all`)
}

/** Writes a value that several nodes write. */
export async function setShared(
  key: string,
  value: string | undefined,
  file: string | undefined,
  context: Context,
): Promise<void> {
  const given = await valueOf({ key, value, file }, `${context.self} state shared set`)
  const view = await (await clientOf(context)).call('sharedSet', {}, { body: { key, ...given } })
  if (context.json) return printJson(view)
  await print(`${safe(key)} = ${shown({ ...given, size: sizeOf(given) })}`)
}

async function writesOf(words: readonly string[], file: string | undefined, { self }: Context): Promise<StateInput[]> {
  const [first = '', ...rest] = words
  if (!first.includes('=')) {
    if (rest.length > 1)
      throw new CommandError(
        'usage',
        `${plural(rest.length, 'value')} for one key`,
        `write several keys as ${self} state set KEY=VALUE KEY=VALUE; put a value with spaces in quotes`,
      )
    return [{ key: first, ...(await valueOf({ key: first, value: rest[0], file }, `${self} state set`)) }]
  }
  if (file !== undefined)
    throw new CommandError('usage', 'a value and a file', `choose one: ${self} state set KEY --file PATH`)
  return words.map((word) => {
    const at = word.indexOf('=')
    if (at >= 0) return { key: word.slice(0, at), text: word.slice(at + 1) }
    throw new CommandError('usage', `${JSON.stringify(word)} is no KEY=VALUE`, 'put a value with spaces in quotes')
  })
}

interface Given {
  readonly key: string
  readonly value: string | undefined
  readonly file: string | undefined
}

async function valueOf({ key, value, file }: Given, set: string): Promise<ValueInput> {
  if (file === undefined && value === undefined)
    throw new CommandError(
      'usage',
      `no value for ${key}`,
      `${set} ${key} VALUE, ${set} ${key} - for standard input, or ${set} ${key} --file PATH`,
    )
  if (file !== undefined && value !== undefined) throw new CommandError('usage', 'a value and a file', 'choose one')
  if (value !== undefined && value !== '-') return { text: value }
  const bytes = await readInput(file, valueBytesMax)
  if (bytes === undefined)
    throw new CommandError(
      'oversize',
      `${file ?? 'standard input'} is larger than a value may be (${valueBytesMax} bytes)`,
      'state is for small things: publish large ones on a topic, and keep the id here',
    )
  return isUtf8(bytes) ? { text: bytes.toString() } : { base64: bytes.toString('base64') }
}

const sizeOf = ({ text, base64 }: ValueInput): number =>
  text === undefined ? Buffer.from(base64 ?? '', 'base64').length : Buffer.byteLength(text)
