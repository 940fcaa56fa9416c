import { checkTopicName } from '@grapevine/protocol'
import { NodeError } from '../error.ts'

/** Throws `usage` for a name that no topic can have. */
export function refuseBadName(name: string): void {
  const check = checkTopicName(name)
  if (check.ok) return
  if (check.code === 'wildcard') {
    throw new NodeError(
      'usage',
      'a topic name has no wildcards',
      'name each topic, or use --match GLOB over held topics',
    )
  }
  throw new NodeError(
    'usage',
    'a topic name has 1 to 128 of A-Z a-z 0-9 . _ / -',
    'for example: chat, or sensors/kitchen',
  )
}
