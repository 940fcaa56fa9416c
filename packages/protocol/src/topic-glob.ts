/**
 * Whether a topic's name matches a glob: `*` stands for any characters, also none and also `/`; `?` for exactly one;
 * all others for themselves. Takes time in proportion to the product of the lengths, whatever the glob: no regular
 * expression, which some globs would keep busy for ever.
 */
export function matchTopic(glob: string, name: string): boolean {
  let at = 0
  let position = 0
  // Where the last star was, and how far into the name it reaches.
  let star = -1
  let reach = 0
  while (position < name.length) {
    if (glob[at] === '*') {
      star = at++
      reach = position
    } else if (at < glob.length && (glob[at] === '?' || glob[at] === name[position])) {
      at++
      position++
    } else if (star >= 0) {
      at = star + 1
      position = ++reach
    } else return false
  }
  while (glob[at] === '*') at++
  return at === glob.length
}

/** What a glob over topics may be, as an ECMA-262 pattern for schemas. */
export const topicGlobPattern = '^[A-Za-z0-9._/*?-]{1,128}$'
