/**
 * What must not reach a terminal as it is: controls (C0, DEL, C1), format characters (bidirectional, zero-width, tags),
 * line and paragraph separators, lone surrogates, and whatever else Unicode says to leave invisible. The two variation
 * selectors that choose between text and emoji are harmless and common.
 */
const hidden = /[[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Default_Ignorable_Code_Point}]--[\ufe0e\ufe0f]]/gv

const names: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\x1b': '\\e' }

/** Text from a peer as it may be shown to people: one line, with every character of the set above spelled out. */
export function safe(text: string): string {
  return text.replace(hidden, (character) => {
    const named = names[character]
    if (named !== undefined) return named
    const code = character.codePointAt(0)!.toString(16)
    return code.length <= 2 ? `\\x${code.padStart(2, '0')}` : `\\u{${code}}`
  })
}

/** JSON in which the same characters are `\u` escapes, so that it is the same value and can be shown. */
export function safeJson(value: unknown, indent?: number): string {
  return JSON.stringify(value, undefined, indent).replace(hidden, (character) => {
    // The line breaks of indented JSON; inside strings they are escaped already.
    if (character === '\n') return character
    let escaped = ''
    for (let i = 0; i < character.length; i++) escaped += `\\u${character.charCodeAt(i).toString(16).padStart(4, '0')}`
    return escaped
  })
}
