const unitMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 }

/** Longest duration that a timer of Node takes, in ms: about 24.8 days. */
const durationMsMax = 2_147_483_647

/**
 * Milliseconds of `40` (seconds), `250ms`, `5s`, `1.5m`, `1h` or `2d`, rounded up; undefined for any other text, and for
 * more than 24.8 days.
 */
export function parseDuration(text: string): number | undefined {
  const match = /^(\d{1,10}(?:\.\d{1,6})?)(ms|s|m|h|d)?$/.exec(text)
  if (match === null) return undefined
  const ms = Math.ceil(Number(match[1]) * unitMs[match[2] ?? 's']!)
  return ms <= durationMsMax ? ms : undefined
}

/** Milliseconds of a period of any length, such as `90d` or `2.5h`, rounded up; undefined for any other text. */
export function parsePeriod(text: string): number | undefined {
  const match = /^(\d{1,10}(?:\.\d{1,6})?)(ms|s|m|h|d)$/.exec(text)
  return match === null ? undefined : Math.ceil(Number(match[1]) * unitMs[match[2]!]!)
}

/** How long something took, for people: `6 ms`, `0.4 s`, `12.3 s`, then like {@link formatAge}. */
export function formatElapsed(ms: number): string {
  if (ms < 99.5) return `${Math.round(ms)} ms`
  return ms < 59_950 ? `${(ms / 1000).toFixed(1)} s` : formatAge(ms)
}

/** How long something has lasted, for people, in its two largest units: `45 s`, `3 m 20 s`, `2 h 3 m`, `4 d 2 h`. */
export function formatAge(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1000))
  const parts = [
    [Math.floor(seconds / 86_400), 'd'],
    [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'm'],
    [seconds % 60, 's'],
  ] as const
  const first = parts.findIndex(([count]) => count > 0)
  if (first < 0) return '0 s'
  return parts
    .slice(first, first + 2)
    .filter(([count]) => count > 0)
    .map(([count, unit]) => `${count} ${unit}`)
    .join(' ')
}
