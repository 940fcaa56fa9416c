/** Longest topic name, in characters, which are bytes too: names are ASCII. */
export const topicNameMax = 128

/** The same rule as {@link checkTopicName}, as an ECMA-262 pattern for schemas. */
export const topicNamePattern = '^[A-Za-z0-9._/-]{1,128}$'

/**
 * Outcome of `checkTopicName`. `wildcard`: the name has one of `* ? # + >`, which other systems match with;
 * `character`: another character outside `[A-Za-z0-9._/-]`. Position counts UTF-16 units from 0; `found` is the whole
 * character there, unescaped.
 */
export type TopicNameCheck =
  | { readonly ok: true }
  | { readonly ok: false; readonly code: 'empty' | 'too-long' }
  | {
      readonly ok: false
      readonly code: 'wildcard' | 'character'
      readonly position: number
      readonly found: string
    }

/** Whether a topic may have this name: 1 to `topicNameMax` of `[A-Za-z0-9._/-]`. A wildcard anywhere is told first. */
export function checkTopicName(name: string): TopicNameCheck {
  if (name.length === 0) return { ok: false, code: 'empty' }
  if (name.length > topicNameMax) return { ok: false, code: 'too-long' }
  const wildcard = name.search(/[*?#+>]/)
  if (wildcard >= 0) return { ok: false, code: 'wildcard', position: wildcard, found: name.charAt(wildcard) }
  const position = name.search(/[^A-Za-z0-9._/-]/)
  if (position < 0) return { ok: true }
  return {
    ok: false,
    code: 'character',
    position,
    found: String.fromCodePoint(name.codePointAt(position)!),
  }
}
