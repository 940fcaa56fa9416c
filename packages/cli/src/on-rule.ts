import { readFileSync } from 'node:fs'
import { checkTopicName } from '@grapevine/protocol'
import { CommandError } from './failure.ts'
import { unreadable } from './file-error.ts'

/** What has happened to a member, as rules call it. */
export type MemberEventName = 'member-joined' | 'member-suspect' | 'member-failed' | 'member-left'

/** When a command is to run. */
export type Trigger =
  /** Undefined: whatever happens to a member. */
  | { readonly type: 'member'; readonly event: MemberEventName | undefined }
  /** A key of some node changes, and its new value matches, if that is asked for. */
  | { readonly type: 'state'; readonly key: string; readonly value: string | undefined }
  | { readonly type: 'topic'; readonly topic: string }
  | { readonly type: 'query'; readonly name: string }

/** A trigger as it was written, and what is to run. */
export interface Rule {
  readonly text: string
  readonly trigger: Trigger
  readonly command: string
}

const memberEvents: readonly MemberEventName[] = ['member-joined', 'member-suspect', 'member-failed', 'member-left']
const forms = `one of ${memberEvents.join(', ')}, member-*, state:KEY, state:KEY=VALUE, topic:TOPIC, query:NAME`

/** Reads a trigger. Error `usage`. */
export function parseTrigger(text: string): Trigger {
  if (text === 'member-*') return { type: 'member', event: undefined }
  const event = memberEvents.find((each) => each === text)
  if (event !== undefined) return { type: 'member', event }
  const [kind, rest] = split(text, ':')
  if (kind === 'state' && rest !== undefined && rest !== '') {
    const [key, value] = split(rest, '=')
    if (key !== '') return { type: 'state', key, value }
  }
  if (kind === 'topic' && checkTopicName(rest ?? '').ok) return { type: 'topic', topic: rest! }
  if (kind === 'query' && checkTopicName(rest ?? '').ok) return { type: 'query', name: rest! }
  throw new CommandError('usage', `${JSON.stringify(text.slice(0, 80))} is no rule`, `write ${forms}`)
}

/** Rules of a file: a line each, triggers with commas between them, white space, and the command. Error `usage`. */
export function readRules(file: string): Rule[] {
  let text: string
  try {
    text = readFileSync(file, 'utf8')
  } catch (error) {
    throw unreadable(file, error)
  }
  return text.split('\n').flatMap((line, index) => {
    const stripped = line.trim()
    if (stripped === '' || stripped.startsWith('#')) return []
    const [triggers = '', command = ''] = stripped.split(/\s+(.*)/)
    if (command === '')
      throw new CommandError('usage', `${file}:${index + 1}: there is no command`, 'a line is RULE[,RULE…] COMMAND')
    return triggers.split(',').map((each): Rule => {
      try {
        return { text: each, trigger: parseTrigger(each), command }
      } catch (error) {
        if (!(error instanceof CommandError)) throw error
        throw new CommandError('usage', `${file}:${index + 1}: ${error.message}`, error.hint)
      }
    })
  })
}

function split(text: string, by: string): [string, string | undefined] {
  const at = text.indexOf(by)
  return at < 0 ? [text, undefined] : [text.slice(0, at), text.slice(at + 1)]
}
