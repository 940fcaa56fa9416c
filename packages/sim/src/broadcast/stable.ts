/** What clients did: at which node, when, and which value they added; a read adds none. */
export interface Operation {
  readonly at: number
  readonly node: number
  readonly value?: number
}

/**
 * From when on no read lacks a value any more, in ms after it was known, as Jepsen's set-full checker tells it: 0 if none
 * lacked it after it was added. `had`: when each node got it; `reads` in order of time.
 */
export function stableMs(addedAt: number, had: Float64Array, reads: readonly Operation[]): number {
  let lastAbsent = -Infinity
  const allHave = Math.max(...had)
  for (const { at, node } of reads) {
    if (at < addedAt) continue
    if (at > allHave) break
    if (had[node]! > at) lastAbsent = at
  }
  return Math.max(0, lastAbsent + 1 - addedAt)
}
