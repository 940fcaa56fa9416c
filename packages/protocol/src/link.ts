/** Adds an entry to those of a name. */
export function link<Entry>(index: Map<string, Set<Entry>>, name: string, entry: Entry): void {
  const entries = index.get(name)
  if (entries === undefined) index.set(name, new Set([entry]))
  else entries.add(entry)
}

/** Takes it out again; a name without entries is gone. */
export function unlink<Entry>(index: Map<string, Set<Entry>>, name: string, entry: Entry): void {
  const entries = index.get(name)
  if (entries?.delete(entry) === true && entries.size === 0) index.delete(name)
}
