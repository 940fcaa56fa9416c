/** The candidate that was probably meant: at most two letters off, or a third of the word; undefined if none is near. */
export function nearest(word: string, candidates: readonly string[]): string | undefined {
  const given = plain(word)
  const ranked = candidates
    .map((candidate) => ({ candidate, distance: lettersOff(given, plain(candidate)) }))
    .toSorted((a, b) => a.distance - b.distance)
  const [best] = ranked
  if (best === undefined) return undefined
  return best.distance <= Math.max(2, given.length / 3) ? best.candidate : undefined
}

/** `log-level`, `logLevel` and `LOG_LEVEL` are all meant as `log.level`. */
const plain = (word: string): string => word.toLowerCase().replace(/[^a-z\d]/g, '')

/** Levenshtein distance: letters to add, drop or change. Words over 64 letters are cut. */
function lettersOff(from: string, to: string): number {
  const [a, b] = [from.slice(0, 64), to.slice(0, 64)]
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++) {
      const change = row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)
      next.push(Math.min(change, row[j]! + 1, next[j - 1]! + 1))
    }
    row = next
  }
  return row[b.length]!
}
