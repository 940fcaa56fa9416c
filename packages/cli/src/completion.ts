import type { CommandUnknownOpts } from '@commander-js/extra-typings'
import type { SharedKindView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { safe } from './safe.ts'

/** What could stand in the place of a word. */
export interface Candidate {
  readonly value: string
  readonly description: string
}

/** A node that answers later than this is not waited for, in ms: whoever presses a key wants to see something. */
const nodeMsMax = 500

/** What could stand in the place of the last of these words, which begins as given; in order of the help. */
export async function candidates(program: CommandUnknownOpts, words: readonly string[]): Promise<Candidate[]> {
  const last = words.at(-1) ?? ''
  const place = placeOf(program, words.slice(0, -1))
  const found = last.startsWith('-') && place.option === undefined ? optionsOf(place.command) : await valuesOf(place)
  return found.filter(({ value }) => value.startsWith(last))
}

/** Where the cursor is. */
interface Place {
  readonly command: CommandUnknownOpts
  /** Arguments before it. */
  readonly position: number
  /** The option whose value it is. */
  readonly option?: CommandUnknownOpts['options'][number]
  readonly choice: Context['choice']
}

function placeOf(program: CommandUnknownOpts, words: readonly string[]): Place {
  let command = program
  let position = 0
  let option: Place['option']
  const choice: { home?: string; node?: string } = {}
  for (const word of words) {
    if (option !== undefined) {
      if (option.long === '--home' || option.long === '--node')
        choice[option.long === '--home' ? 'home' : 'node'] = word
      option = undefined
      continue
    }
    if (word.startsWith('-') && word !== '-') {
      const known = [...command.options, ...program.options].find(({ long, short }) => word === long || word === short)
      if (known?.required === true) option = known
      continue
    }
    const child =
      position === 0
        ? command.commands.find((each) => each.name() === word || each.aliases().includes(word))
        : undefined
    if (child === undefined) position++
    else command = child
  }
  return { command, position, choice, ...(option && { option }) }
}

function optionsOf(command: CommandUnknownOpts): Candidate[] {
  const help = command.createHelp()
  return [...help.visibleOptions(command), ...help.visibleGlobalOptions(command)].map(
    ({ long, flags, description }) => ({
      value: long ?? flags,
      description,
    }),
  )
}

async function valuesOf({ command, position, option, choice }: Place): Promise<Candidate[]> {
  const context: Context = { json: false, choice, self: 'grapevine' }
  if (option !== undefined) return chosen(option.argChoices) ?? named(/<(\w+)/.exec(option.flags)?.[1] ?? '', context)
  if (command.commands.length > 0) {
    const help = command.createHelp()
    return help.visibleCommands(command).map((child) => ({ value: child.name(), description: child.description() }))
  }
  const all = command.registeredArguments
  const argument = all[position] ?? (all.at(-1)?.variadic === true ? all.at(-1) : undefined)
  return chosen(argument?.argChoices) ?? named(argument?.name() ?? '', context)
}

const chosen = (choices: readonly string[] | undefined): Candidate[] | undefined =>
  choices?.map((value) => ({ value, description: '' }))

/** What the running node has of the things that an argument is named after. */
async function named(argument: string, context: Context): Promise<Candidate[]> {
  try {
    if (argument.startsWith('topic')) return await topics(context)
    if (argument.startsWith('consumer')) return await consumers(context)
    if (argument.startsWith('evidence')) return await evidence(context)
    if (argument.startsWith('peer')) return await peers(context)
    if (argument === 'rule') return rules
    if (argument.startsWith('key')) return await keys(context)
    const kind = sharedKinds[argument]
    if (kind !== undefined) return await sharedKeys(kind, context)
    if (/^(to-)?member/.test(argument)) return await members(context)
    if (argument === 'status') return memberStatuses
  } catch {
    // No node runs: there is nothing to offer.
  }
  return []
}

async function evidence(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const found = await client.call('evidence', {}, { signal: AbortSignal.timeout(nodeMsMax) })
  return found.map(({ id, author, topic }) => ({ value: id, description: `${author} in ${safe(topic)}` }))
}

/** Kinds of shared keys, by what arguments are called. */
const sharedKinds: Readonly<Record<string, SharedKindView>> = { shared: 'value', counter: 'counter', group: 'group' }

/** How rules of `on` begin. */
const rules: Candidate[] = [
  { value: 'member-joined', description: 'a node is there' },
  { value: 'member-suspect', description: 'some hear nothing of a node' },
  { value: 'member-failed', description: 'a node has failed' },
  { value: 'member-left', description: 'a node said goodbye' },
  { value: 'state:', description: 'a key of some node changed' },
  { value: 'topic:', description: 'a message came' },
  { value: 'query:', description: 'a query came' },
]

async function keys(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const own = await client.call('state', {}, { signal: AbortSignal.timeout(nodeMsMax) })
  return own.map(({ key, text = '' }) => ({ value: key, description: safe(text.slice(0, 48)) }))
}

async function sharedKeys(kind: SharedKindView, context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const found = await client.call('shared', { kind }, { signal: AbortSignal.timeout(nodeMsMax) })
  // Whoever completes a word must not get one that is more than a word, or that a terminal obeys.
  return found.filter(({ key }) => /^[\w@%+:,./-]+$/.test(key)).map(({ key }) => ({ value: key, description: '' }))
}

async function topics(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const held = await client.call('topics', {}, { signal: AbortSignal.timeout(nodeMsMax) })
  return held.map((topic) => ({ value: topic.topic, description: `${topic.peers} peers` }))
}

async function consumers(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const known = await client.call('consumers', {}, { signal: AbortSignal.timeout(nodeMsMax) })
  return known.map(({ consumer, topics: read }) => ({ value: consumer, description: read.join(', ') }))
}

const memberStatuses: Candidate[] = ['alive', 'suspect', 'failed', 'left'].map((value) => ({ value, description: '' }))

async function members(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const known = await client.call('members', {}, { signal: AbortSignal.timeout(nodeMsMax) })
  return known.map(({ peerId, status, name }) => ({
    value: peerId,
    description: name === undefined ? status : `${safe(name)}, ${status}`,
  }))
}

async function peers(context: Context): Promise<Candidate[]> {
  const client = await clientOf(context)
  const known = await client.call('peers', { all: true }, { signal: AbortSignal.timeout(nodeMsMax) })
  return known.map(({ peerId, state, name }) => ({
    value: peerId,
    description: name === undefined ? state : `${safe(name)}, ${state}`,
  }))
}
