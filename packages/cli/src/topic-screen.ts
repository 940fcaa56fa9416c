import { formatHashId } from '@grapevine/protocol'
import type { TopicDetailView, TopicOtherView } from '@grapevine/protocol/control'
import { disseminationText } from './dissemination.ts'
import { formatAge } from './duration.ts'
import { plural, styled } from './output.ts'
import { safe, safeJson } from './safe.ts'
import { formatSize } from './size.ts'
import { table } from './table.ts'

/** Longest schema that is shown, in characters. */
const schemaMax = 2_000
/** Nodes that are named one by one. */
const namedMax = 8

/** A topic for people: its rules, their hash, and who agrees. */
export function topicScreen(view: TopicDetailView): string {
  const { definition, others } = view
  const { payload } = definition
  const rows = [
    ['topic', safe(view.topic)],
    ['messages', `${payloadText(definition)}, at most ${plural(definition.messageBytesMax, 'byte')}`],
    ['id', idText(definition)],
    ...(definition.dissemination === undefined ? [] : [['travels', travelText(definition)]]),
    ...(definition.format === 'raw' ? [['format', 'raw: no author, no signature']] : []),
    ...(definition.authorRateMax === undefined
      ? []
      : [['rate', `${definition.authorRateMax} a second for each author`]]),
    ...(definition.validate === undefined
      ? []
      : [['validate', definition.validate === 'each' ? 'each message by itself' : 'messages that travel together']]),
    ['delivery', keepText(definition)],
    ...validatorRows(view),
    ...storedRows(view),
    ['hash', view.isDefault ? `${view.hash} (nobody defined it here)` : view.hash],
    ['peers', `${plural(view.peers, 'peer')}, ${view.mesh} in mesh`],
    ...agreement(others).map((line, index) => [index === 0 ? 'others' : '', line]),
  ]
  const schema = typeof payload === 'object' ? [`schema\n${indent(safeJson(payload.json, 2))}`] : []
  return [...table(rows), ...schema].join('\n')
}

function keepText({ delivery, retention = {} }: TopicDetailView['definition']): string {
  if (delivery === 'best-effort') return 'best-effort: nothing is kept'
  const { time, capacity, size } = retention
  const limits = [
    time !== undefined && `for ${formatAge(time)}`,
    capacity !== undefined && plural(capacity, 'message'),
    size !== undefined && formatSize(size),
  ].filter((limit) => limit !== false)
  return limits.length === 0 ? 'lossless' : `lossless, kept: ${limits.join(', at most ')}`
}

function validatorRows({ validator, deferred }: TopicDetailView): string[][] {
  const waits =
    deferred === undefined
      ? []
      : [['deferred', `${plural(deferred.messages, 'message')}, ${formatSize(deferred.bytes)}`]]
  if (validator === undefined) return waits
  const { command, state, onFailure, starts, asked, unjudged, failures } = validator
  const who = command === undefined ? 'a client' : safe(command)
  const faults = Object.entries(failures).map(([fault, count]) => `${fault} ${count}`)
  const rows = [
    ['validator', `${who}; ${state === 'running' ? 'running' : styled('yellow', 'away')}, on failure ${onFailure}`],
    ['judged', `${asked - unjudged} of ${plural(asked, 'message')}: ${verdictText(validator)}`],
  ]
  const failed = faults.length === 0 ? [] : [['failures', `${faults.join(', ')}; started ${plural(starts, 'time')}`]]
  return [...rows, ...failed, ...waits]
}

const verdictText = ({ verdicts }: NonNullable<TopicDetailView['validator']>): string =>
  Object.entries(verdicts)
    .map(([verdict, count]) => `${verdict} ${count}`)
    .join(', ') || 'none yet'

function storedRows({ stored }: TopicDetailView): string[][] {
  if (stored === undefined) return []
  const { messages, bytes, oldest, floor } = stored
  return [
    ['stored', `${plural(messages, 'message')}, ${formatSize(bytes)}`],
    ...(oldest === undefined ? [] : [['oldest', oldest]]),
    ...(floor === undefined ? [] : [['floor', `${floor}: what was said before is not kept`]]),
  ]
}

function payloadText({ payload }: TopicDetailView['definition']): string {
  if (payload === 'bytes') return 'any bytes'
  return payload === 'text' ? 'UTF-8 text' : 'JSON that follows the schema'
}

function travelText({ dissemination }: TopicDetailView['definition']): string {
  if (typeof dissemination === 'object')
    return `${disseminationText(dissemination)}: payloads above ${plural(dissemination.hybrid, 'byte')} are announced, and fetched`
  return dissemination === 'announce'
    ? 'announce: payloads are announced, and fetched'
    : disseminationText(dissemination)
}

function idText({ id }: TopicDetailView['definition']): string {
  if (id === 'signed') return 'signed: each publish is a message'
  if (id === 'content') return 'content: the same bytes count once'
  if ('hash' in id)
    return `${formatHashId(id)}: the hash of the message${id.bytes === undefined ? '' : `’s first ${id.bytes} bytes`}`
  return 'field' in id
    ? `${safe(id.field)}: each value there counts once for each author`
    : `a function of a program (${safe(id.custom)})`
}

/** Who goes by the same definition and who does not, in lines. */
function agreement(others: readonly TopicOtherView[]): string[] {
  if (others.length === 0) return ['none known yet']
  const differing = others.filter(({ agrees }) => !agrees)
  const agreeing = others.length - differing.length
  const lines = [agreeing === 1 ? '1 node agrees' : `${agreeing} nodes agree`]
  for (const { short, schemaId } of differing.slice(0, namedMax)) {
    const other =
      schemaId === undefined ? 'has no definition of it' : `goes by another definition (${schemaId.slice(0, 8)}…)`
    lines.push(styled('yellow', `${short} ${other}`))
  }
  if (differing.length > namedMax) lines.push(styled('yellow', `and ${differing.length - namedMax} more differ`))
  return lines
}

function indent(text: string): string {
  const shown = text.length > schemaMax ? `${text.slice(0, schemaMax)}\n… (whole with --json)` : text
  return shown.replaceAll(/^/gm, '  ')
}
