import { parkBounds, type MachineOptions, type TopicRules } from '@grapevine/protocol'
import { CommandError } from './failure.ts'
import { parseSize } from './size.ts'

/** Limits in place of those of a recording. */
export interface OtherLimits {
  readonly machine: Partial<MachineOptions>
  readonly rules: (rules: TopicRules) => TopicRules
  /** Topics that have another limit by name. */
  readonly topics: readonly string[]
}

const mebi = 1 << 20
type Bound = readonly [min: number, max: number]
const many: Bound = [0, 2 ** 31]
const bytes: Bound = [0, 2 ** 40]

/** Options of the machine that are one number, and what they may be. */
const machineLimits: Readonly<Record<string, readonly [keyof MachineOptions, Bound]>> = {
  'seen.idsMin': ['seenMin', [1, 1 << 24]],
  'journal.bytesMax': ['journalBytesMax', [mebi, 1 << 30]],
  'batch.max': ['batchMax', [1, 1024]],
  'reconcile.intervalMs': ['reconcileIntervalMs', [100, 3_600_000]],
  'reconcile.backMs': ['reconcileBackMs', [0, Number.MAX_SAFE_INTEGER]],
  'defer.msMax': ['deferMsMax', [0, 86_400_000]],
  'pending.bytesMax': ['pendingBytesMax', bytes],
  'pending.peerBytesMax': ['pendingBytesPerPeerMax', bytes],
  'queue.bytesMax': ['queueBytesMax', bytes],
  'storing.bytesMax': ['storeBytesMax', bytes],
}

const parkLimits: Readonly<Record<string, readonly ['ofPeer' | 'ofTopic' | 'all', 'count' | 'bytes']>> = {
  'park.peerCount': ['ofPeer', 'count'],
  'park.peerBytes': ['ofPeer', 'bytes'],
  'park.topicCount': ['ofTopic', 'count'],
  'park.topicBytes': ['ofTopic', 'bytes'],
  'park.bytes': ['all', 'bytes'],
}

const topicLimits: Readonly<Record<string, Bound>> = {
  authorRateMax: [0, Number.MAX_SAFE_INTEGER],
  messageBytesMax: [0, 2 ** 30],
}

/** Limits of `--set NAME=VALUE`: of the machine, or `TOPIC:NAME`. Error `usage`. */
export function parseLimits(settings: readonly string[]): OtherLimits {
  const machine: { -readonly [Name in keyof MachineOptions]?: unknown } = {}
  let park = parkBounds
  const topics = new Map<string, Record<string, number>>()
  for (const setting of settings) {
    const at = setting.indexOf('=')
    const [name, text] = [setting.slice(0, at), setting.slice(at + 1)]
    const [, topic, rule = ''] = /^(.+):(\w+)$/.exec(name) ?? []
    if (topic !== undefined && Object.hasOwn(topicLimits, rule)) {
      topics.set(topic, { ...topics.get(topic), [rule]: numberOf(name, text, topicLimits[rule]!) })
    } else if (Object.hasOwn(machineLimits, name)) {
      const [option, bound] = machineLimits[name]!
      machine[option] = numberOf(name, text, bound)
    } else if (Object.hasOwn(parkLimits, name)) {
      const [where, what] = parkLimits[name]!
      const value = numberOf(name, text, what === 'count' ? many : bytes)
      park = where === 'all' ? { ...park, bytes: value } : { ...park, [where]: { ...park[where], [what]: value } }
    } else throw new CommandError('usage', `there is no limit ${name}`, 'see: grapevine replay --help')
  }
  return {
    topics: [...topics.keys()].filter((topic) => topic !== '*'),
    machine: { ...machine, ...(park !== parkBounds && { parkBounds: park }) } as Partial<MachineOptions>,
    rules: (rules) => ({ ...rules, ...topics.get('*'), ...topics.get(rules.name) }),
  }
}

function numberOf(name: string, text: string, [min, max]: Bound): number {
  const value = /^\d{1,15}$/.test(text) ? Number(text) : parseSize(text)
  if (value !== undefined && value >= min && value <= max) return value
  throw new CommandError('usage', `${name} is ${text}`, `${name} takes a whole number from ${min} to ${max}`)
}
