import {
  digestSize,
  entryTag,
  outcomeTag,
  type RecordedLife,
  type RecordedOutcome,
  type RecordedPart,
  type RecordedStart,
  type RecordedStep,
  recordingFormat,
  type RecordingEnd,
  type RecordingEntry,
  type RuleAnswer,
} from './entry.ts'
import { clusterEventNames, machineEventNames } from './event-kind.ts'
import { bad, ValueReader } from './value-reader.ts'

const eventNames: Readonly<Record<RecordedPart, ReadonlySet<unknown>>> = {
  machine: new Set(machineEventNames),
  cluster: new Set(clusterEventNames),
}
const ends: ReadonlySet<unknown> = new Set<RecordingEnd>(['stopped', 'full', 'slow', 'disk'])

/** Reads recordings, piece by piece as they were written, from the beginning. */
export class RecordingReader {
  #values = new ValueReader()

  #reset(): void {
    this.#values = new ValueReader()
  }

  /**
   * The entries of a piece, in order. Throws `recording` where it is damaged, or made by a version that knows more. What an
   * event says is not checked beyond its kind: a machine may throw for what no node has recorded.
   */
  *read(piece: Uint8Array): Generator<RecordingEntry> {
    if (piece[0] === entryTag.life) this.#reset()
    const values = this.#values
    values.take(piece)
    while (!values.isAtEnd) yield this.#entry(values)
  }

  #entry(values: ValueReader): RecordingEntry {
    const tag = values.byte()
    switch (tag) {
      case entryTag.life:
        return { type: 'life', life: lifeOf(values.value()) }
      case entryTag.start:
        return { type: 'start', start: startOf(values.value()) }
      case entryTag.machine:
        return { type: 'step', step: stepOf('machine', values) }
      case entryTag.cluster:
        return { type: 'step', step: stepOf('cluster', values) }
      case entryTag.end: {
        const end = values.value()
        return ends.has(end) ? { type: 'end', end: end as RecordingEnd } : bad('an end of an unknown kind')
      }
    }
    return bad(`an unknown kind of entry, ${tag}`)
  }
}

function lifeOf(value: unknown): RecordedLife {
  const life = (isObject(value) ? value : {}) as Partial<RecordedLife>
  const { format, version, dialect, networkId, network, peerId, name, epoch, origin, cutBytes, hasActions } = life
  if (format !== recordingFormat) return bad(`format ${String(format)}, and only ${recordingFormat} is known here`)
  const texts = [version, dialect, network, peerId, name ?? '']
  const numbers = [epoch, origin, cutBytes]
  const isLife =
    texts.every((text) => typeof text === 'string') &&
    numbers.every((number) => typeof number === 'number' && Number.isFinite(number)) &&
    networkId instanceof Uint8Array &&
    typeof hasActions === 'boolean'
  return isLife ? (life as RecordedLife) : bad('a life that does not say whose')
}

function startOf(value: unknown): RecordedStart {
  const { part, options } = (isObject(value) ? value : {}) as Partial<RecordedStart>
  const isStart = (part === 'machine' || part === 'cluster') && isObject(options)
  return isStart ? (value as RecordedStart) : bad('a part that is none')
}

function stepOf(part: RecordedPart, values: ValueReader): RecordedStep {
  const now = values.float()
  if (!Number.isFinite(now)) bad('a time that is none')
  const event = values.value()
  if (!isObject(event) || !eventNames[part].has(event['type'])) bad(`an event that is unknown here (${nameOf(event)})`)
  const answers = answersOf(values.value())
  return { part, now, event, answers, outcome: outcomeOf(values) } as RecordedStep
}

const nameOf = (event: unknown): string => (isObject(event) ? String(event['type']).slice(0, 40) : typeof event)

function answersOf(value: unknown): readonly RuleAnswer[] {
  if (value === undefined) return []
  if (!Array.isArray(value) || !value.every(isAnswer)) return bad('an answer of a rule that is none')
  return value
}

function isAnswer(value: unknown): value is RuleAnswer {
  if (!isObject(value)) return false
  const { topic, rule, value: answer, threw } = value
  return (
    typeof topic === 'string' &&
    (rule === 'contentId' || rule === 'check') &&
    (answer === undefined || typeof answer === 'string' || answer instanceof Uint8Array) &&
    (threw === undefined || typeof threw === 'string')
  )
}

function outcomeOf(values: ValueReader): RecordedOutcome {
  const tag = values.byte()
  if (tag === outcomeTag.threw) return { type: 'threw' }
  if (tag === outcomeTag.nothing) return { type: 'nothing' }
  if (tag === outcomeTag.digest) return { type: 'digest', digest: values.raw(digestSize) }
  if (tag !== outcomeTag.actions) return bad(`an unknown kind of outcome, ${tag}`)
  const actions = values.value()
  return Array.isArray(actions) ? { type: 'actions', actions } : bad('actions that are none')
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Uint8Array)
