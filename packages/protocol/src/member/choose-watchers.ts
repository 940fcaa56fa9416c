/**
 * Who is to watch us: those who do, as far as they are among the candidates, and then the candidates with the highest mixed
 * hash of both ids (rendezvous hashing), so that each node is chosen about as often as any other, without asking anybody.
 */
export function chooseWatchers(
  self: string,
  present: readonly string[],
  candidates: readonly string[],
  count: number,
): readonly string[] {
  const possible = new Set(candidates)
  const kept = present.filter((id) => possible.has(id)).slice(0, count)
  if (kept.length === count || kept.length === possible.size) return kept
  for (const id of kept) possible.delete(id)
  const ranked = [...possible].map((id) => ({ id, rank: rankOf(self, id) })).toSorted((a, b) => b.rank - a.rank)
  return [...kept, ...ranked.slice(0, count - kept.length).map(({ id }) => id)]
}

/** FNV-1a over both, with a last mixing. */
function rankOf(self: string, id: string): number {
  let hash = 0x811c9dc5
  for (const text of [self, id]) {
    for (let index = 0; index < text.length; index++) hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193)
  }
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b)
  hash = Math.imul(hash ^ (hash >>> 13), 0xc2b2ae35)
  return (hash ^ (hash >>> 16)) >>> 0
}
