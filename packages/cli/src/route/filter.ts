import type { FilterConfig } from './stream-config.ts'
import type { Routed } from './routed.ts'

/** Whether messages pass a filter. */
export function filterBy(config: FilterConfig = {}): (message: Routed) => boolean {
  const { match, author, notAuthor, sizeMax = Infinity, json } = config
  const pattern = match === undefined ? undefined : new RegExp(match, 'u')
  const wanted = Object.entries(json ?? {}).map(([pointer, value]) => [segmentsOf(pointer), [value].flat()] as const)
  return ({ payload, about }) => {
    if (payload.length > sizeMax) return false
    if (author !== undefined && !author.includes(about.author ?? '')) return false
    if (notAuthor?.includes(about.author ?? '') === true) return false
    if (pattern?.test(payload.toString()) === false) return false
    if (wanted.length === 0) return true
    const value = parsed(payload)
    return wanted.every(([segments, allowed]) => allowed.includes(valueAt(value, segments) as never))
  }
}

/** RFC 6901. */
const segmentsOf = (pointer: string): readonly string[] =>
  pointer
    .split('/')
    .slice(1)
    .map((segment) => segment.replaceAll('~1', '/').replaceAll('~0', '~'))

function valueAt(value: unknown, segments: readonly string[]): unknown {
  let found = value
  for (const segment of segments) {
    if (typeof found !== 'object' || found === null || !Object.hasOwn(found, segment)) return undefined
    found = (found as Record<string, unknown>)[segment]
  }
  return found
}

function parsed(payload: Buffer): unknown {
  try {
    return JSON.parse(payload.toString())
  } catch {
    return undefined
  }
}
