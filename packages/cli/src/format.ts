import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { MessageView } from '@grapevine/protocol/control'

/** The text of `--format`, compiled: literal text, or the letter of a field. */
export type Format = readonly ({ readonly literal: string } | { readonly field: string })[]

const fields: Readonly<Record<string, (message: MessageView) => string>> = {
  t: (message) => message.topic,
  i: (message) => message.id,
  a: (message) => message.author ?? '',
  f: (message) => message.from,
  e: (message) => String(message.epoch),
  q: (message) => String(message.seq),
  T: (message) => message.time,
  s: (message) => String(message.size),
  v: (message) => message.via,
}

const escapes: Readonly<Record<string, string>> = { n: '\n', t: '\t', r: '\r', '0': '\0', '\\': '\\' }

/** All that a format knows, for help and errors. */
export const formatHelp =
  '%t topic, %i id, %p payload, %a author, %f peer it came from, %e epoch, %q sequence, %T time, %s size, %v live or history, %% percent, \\n \\t \\r \\0 \\\\'

/** Compiles a format; undefined if it has a `%` or `\` with a letter that is not known. */
export function parseFormat(text: string): Format | undefined {
  const parts: ({ literal: string } | { field: string })[] = []
  let literal = ''
  for (let i = 0; i < text.length; i++) {
    const character = text[i]!
    if (character !== '%' && character !== '\\') {
      literal += character
      continue
    }
    const letter = text[++i] ?? ''
    const plain = character === '\\' ? escapes[letter] : letter === '%' ? '%' : undefined
    if (plain !== undefined) literal += plain
    else if (character === '%' && (letter === 'p' || Object.hasOwn(fields, letter))) {
      if (literal !== '') parts.push({ literal })
      literal = ''
      parts.push({ field: letter })
    } else return undefined
  }
  if (literal !== '') parts.push({ literal })
  return parts
}

/** A message in a format; `%p` becomes `body`, the payload as it is to be shown. */
export function applyFormat(format: Format, message: MessageView, body: Uint8Array): Uint8Array {
  return Buffer.concat(
    format.map((part) => {
      if ('literal' in part) return Buffer.from(part.literal)
      return part.field === 'p' ? body : Buffer.from(fields[part.field]!(message))
    }),
  )
}

/** Parser of the option `--format`. */
export function formatOption(text: string): Format {
  const parsed = parseFormat(text)
  if (parsed !== undefined) return parsed
  throw new InvalidArgumentError(`It knows ${formatHelp}.`)
}
