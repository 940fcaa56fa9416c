import { checkTopicName, topicNameMax } from '@grapevine/protocol'
import { CommandError } from './failure.ts'

/** Refuses, with error `usage`, whatever cannot be the name of a topic to read; `self`: how the user calls this program. */
export function requireTopicNames(names: readonly string[], self: string): void {
  for (const name of names)
    requireTopicName(name, `for held topics that match: ${self} sub --match 'GLOB', with * and ?`)
}

/** The same for one name, of any use; `wildcardHint` says what to do instead of a wildcard. */
export function requireTopicName(
  name: string,
  wildcardHint = 'name each topic; those that this node holds: grapevine topic ls',
): void {
  const check = checkTopicName(name)
  if (check.ok) return
  if (check.code === 'wildcard') {
    throw new CommandError(
      'usage',
      `topic ${name} has a wildcard (${check.found}), and topics are named one by one`,
      wildcardHint,
    )
  }
  const rule = `a topic has 1 to ${topicNameMax} of A-Z a-z 0-9 . _ / -`
  if (check.code === 'character') {
    throw new CommandError('usage', `topic ${name} has a ${JSON.stringify(check.found)} at ${check.position + 1}`, rule)
  }
  throw new CommandError('usage', check.code === 'empty' ? 'a topic needs a name' : 'the topic name is too long', rule)
}
