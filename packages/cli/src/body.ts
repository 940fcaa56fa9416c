import { isUtf8 } from 'node:buffer'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { checkWritable } from './file-error.ts'
import { requireEnd, requireIdArgument } from './message-id.ts'
import { note, printJson, resultsOnTerminal, write } from './output.ts'
import { safe } from './safe.ts'
import { formatSize } from './size.ts'
import { writeWhole } from './whole-file.ts'

/** What `body` prints with `--json`: where it was written to, or the body itself, as `text` if it is UTF-8. */
type BodyView = {
  /** Hex. */
  readonly id: string
  readonly topic: string
  /** Bytes. */
  readonly size: number
} & ({ readonly file: string } | { readonly text: string } | { readonly base64: string })

/** A terminal shows texts up to this size, in bytes. */
const shownBytesMax = 65_536

/** Writes the body of a message to standard output, also with `--out -`, or into a file. */
export async function readBody(
  text: string,
  { out }: { readonly out?: string | undefined },
  context: Context,
): Promise<void> {
  const wanted = requireIdArgument(text)
  const client = await clientOf(context)
  const { id, topic, size, chunks } = await client.body({ id: wanted.prefix })
  requireEnd(id, wanted)
  if (out !== undefined && out !== '-') {
    await checkWritable(out)
    await writeWhole(out, chunks)
    if (context.json) return printJson({ id, topic, size, file: out } satisfies BodyView)
    return note(`${formatSize(size)} in ${safe(out)}`)
  }
  if (context.json) {
    const body = Buffer.concat(await Array.fromAsync(chunks))
    const content = isUtf8(body) ? { text: body.toString() } : { base64: body.toString('base64') }
    return printJson({ id, topic, size, ...content } satisfies BodyView)
  }
  if (!resultsOnTerminal()) {
    for await (const chunk of chunks) await write(chunk)
    return
  }
  if (size > shownBytesMax)
    throw new CommandError(
      'usage',
      `the body has ${formatSize(size)}: too much for a terminal`,
      `${context.self} body ${id.slice(0, 12)} --out PATH`,
    )
  const body = Buffer.concat(await Array.fromAsync(chunks))
  await write(`${safe(body.toString())}\n`)
}
