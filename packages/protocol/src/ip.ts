/** 4 bytes of a dotted IPv4 address, decimal without leading zeros; undefined for any other text. */
export function parseIp4(text: string): Uint8Array | undefined {
  const parts = text.split('.')
  if (parts.length !== 4) return undefined
  const bytes = new Uint8Array(4)
  for (const [i, part] of parts.entries()) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return undefined
    bytes[i] = Number(part)
  }
  return bytes
}

/** Dotted form of 4 bytes. */
export function formatIp4(bytes: Uint8Array): string {
  return bytes.join('.')
}

/** 16 bytes of an IPv6 address (RFC 4291 §2.2, the dotted tail too, no zone); undefined for any other text. */
export function parseIp6(text: string): Uint8Array | undefined {
  const halves = text.split('::')
  if (halves.length > 2) return undefined
  const head = parseGroups(halves[0]!, halves.length === 1)
  const tail = parseGroups(halves[1] ?? '', true)
  if (head === undefined || tail === undefined) return undefined
  const missing = 8 - head.length - tail.length
  // `::` stands for at least one group.
  if (halves.length === 1 ? missing !== 0 : missing < 1) return undefined
  const bytes = new Uint8Array(16)
  const groups = [...head, ...Array.from({ length: missing }, () => 0), ...tail]
  for (const [i, group] of groups.entries()) {
    bytes[2 * i] = group >>> 8
    bytes[2 * i + 1] = group & 0xff
  }
  return bytes
}

/** Text of 16 bytes as RFC 5952 wants it: lower case, the first longest run of two or more zero groups as `::`. */
export function formatIp6(bytes: Uint8Array): string {
  const groups = Array.from({ length: 8 }, (_, i) => (bytes[2 * i]! << 8) | bytes[2 * i + 1]!)
  let longest = { start: 0, length: 0 }
  for (let start = 0; start < 8; start++) {
    let length = 0
    while (start + length < 8 && groups[start + length] === 0) length++
    if (length > longest.length) longest = { start, length }
  }
  if (longest.length < 2) return formatGroups(groups)
  return `${formatGroups(groups.slice(0, longest.start))}::${formatGroups(groups.slice(longest.start + longest.length))}`
}

function formatGroups(groups: readonly number[]): string {
  return groups.map((group) => group.toString(16)).join(':')
}

function parseGroups(text: string, dottedAllowed: boolean): number[] | undefined {
  if (text === '') return []
  const groups: number[] = []
  const parts = text.split(':')
  for (const [i, part] of parts.entries()) {
    if (/^[0-9A-Fa-f]{1,4}$/.test(part)) {
      groups.push(Number.parseInt(part, 16))
      continue
    }
    const dotted = dottedAllowed && i === parts.length - 1 ? parseIp4(part) : undefined
    if (dotted === undefined) return undefined
    groups.push((dotted[0]! << 8) | dotted[1]!, (dotted[2]! << 8) | dotted[3]!)
  }
  return groups
}
