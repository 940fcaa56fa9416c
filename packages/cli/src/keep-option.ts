import { InvalidArgumentError } from '@commander-js/extra-typings'
import type { TopicDefinitionInput } from '@grapevine/protocol'
import { parseDuration, parsePeriod } from './duration.ts'
import { CommandError } from './failure.ts'
import { parseSize } from './size.ts'

/** What a node keeps of a topic: times in ms, sizes in bytes. */
export interface KeepOptions {
  readonly delivery?: 'lossless' | 'best-effort' | undefined
  readonly retentionTime?: number | undefined
  readonly retentionCapacity?: number | undefined
  readonly retentionSize?: number | undefined
}

/** Help of the options for `topic add` and `topic define`. */
export const keepHelp = {
  delivery: 'lossless: on disk before it is delivered, and made equal with peers; best-effort: keep nothing',
  time: 'keep messages so long, by author time: 7d, 12h',
  capacity: 'keep so many messages, no author more than its share',
  size: 'keep so much, no author more than its share: 500MB, 1GiB',
} as const

/** The part of a definition that says what this node keeps. Error `usage` for a retention of nothing. */
export function keepOf(options: KeepOptions): Pick<TopicDefinitionInput, 'delivery' | 'retention'> {
  const { delivery, retentionTime: time, retentionCapacity: capacity, retentionSize: size_ } = options
  const retention = {
    ...(time !== undefined && { time }),
    ...(capacity !== undefined && { capacity }),
    ...(size_ !== undefined && { size: size_ }),
  }
  const isLimited = Object.keys(retention).length > 0
  if (isLimited && delivery === 'best-effort')
    throw new CommandError('usage', 'a best-effort topic keeps nothing, so it has no retention')
  return { ...(delivery && { delivery }), ...(isLimited && { retention }) }
}

/** Parser of a period of at least a second; the value is in ms. */
export function period(text: string): number {
  const ms = parseDuration(text) ?? parsePeriod(text)
  if (ms !== undefined && ms >= 1_000) return ms
  throw new InvalidArgumentError('It takes a period of at least 1s, such as 7d or 12h.')
}

/** Parser of a size; the value is in bytes. */
export function size(text: string): number {
  const bytes = parseSize(text)
  if (bytes !== undefined && bytes > 0) return bytes
  throw new InvalidArgumentError('It takes a size such as 500MB or 1GiB.')
}
