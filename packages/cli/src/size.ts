const units: Readonly<Record<string, number>> = {
  '': 1,
  B: 1,
  kB: 1e3,
  KB: 1e3,
  MB: 1e6,
  GB: 1e9,
  KiB: 1024,
  MiB: 1024 ** 2,
  GiB: 1024 ** 3,
}

/** Bytes of `4096`, `500kB`, `64MiB` or `1.5GiB`, rounded up; undefined for any other text. */
export function parseSize(text: string): number | undefined {
  const match = /^(\d{1,15}(?:\.\d{1,6})?)(B|kB|KB|MB|GB|KiB|MiB|GiB)?$/.exec(text)
  if (match === null) return undefined
  const bytes = Math.ceil(Number(match[1]) * units[match[2] ?? '']!)
  return Number.isSafeInteger(bytes) ? bytes : undefined
}

/** Bytes for people: `812 B`, `1.4 MB`. */
export function formatSize(bytes: number): string {
  const [unit, size] = bytes < 1e3 ? ['B', 1] : bytes < 1e6 ? ['kB', 1e3] : bytes < 1e9 ? ['MB', 1e6] : ['GB', 1e9]
  return size === 1 ? `${bytes} B` : `${(bytes / size).toFixed(1)} ${unit}`
}
