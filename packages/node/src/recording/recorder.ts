import { canonicalJson, type Action, type Event, type MachineOptions } from '@grapevine/protocol'
import type { ClusterAction, ClusterEvent, ClusterOptions } from '@grapevine/protocol/cluster'
import type { RecordingView } from '@grapevine/protocol/control'
import {
  type AnyAction,
  recordingFormat,
  type RecordedLife,
  RecordingWriter,
  type RecordingEnd,
  type RuleAnswer,
} from '@grapevine/protocol/recording'
import { sha256 } from '../crypto.ts'
import type { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import type { HeldTopic } from '../topic/table.ts'
import { AppendFile } from './append-file.ts'
import { blockBytes, blockBytesMax, blockHeadSize, blockOf } from './block.ts'
import { answeredRules, isOfProgram } from './rule-answers.ts'

/** Sees each event before a part takes it, and what came of it. */
export interface EventWitness<Taken, Done> {
  /** What the part is to take in its place. */
  taken(event: Taken, now: number): Taken
  /** Undefined: it threw. */
  done(actions: readonly Done[] | undefined): void
}

/** Options of a {@link Recorder}. */
export interface RecorderOptions {
  readonly file: string
  /** Of the file: recording stops before it would be larger. */
  readonly bytesMax: number
  /** Write actions, and not only their digests. */
  readonly hasActions: boolean
  readonly life: Omit<RecordedLife, 'format' | 'cutBytes' | 'hasActions' | 'origin'>
  readonly log: PartLog
}

/** How long what is written may wait in memory, in ms: a process that is killed loses no more. */
const waitMsMax = 200
/** Bytes that are left for the last word. */
const endBytes = 64

/** Keeps every event of a node, with its time and what came of it, in a file (docs/replay.md). */
export class Recorder {
  readonly #options: RecorderOptions
  readonly #file: AppendFile
  readonly #writer: RecordingWriter
  #state: RecordingView['state'] = 'on'
  #events = 0
  #timer: NodeJS.Timeout | undefined
  readonly #onExit = (): void => this.#flush()

  /** Errors: see {@link AppendFile}. */
  constructor(options: RecorderOptions) {
    const { file, hasActions, life, log } = options
    this.#options = options
    this.#file = new AppendFile(file, (error) => this.#failed(error))
    this.#writer = new RecordingWriter({ sha256, hasActions })
    const { cutBytes } = this.#file
    this.#writer.life({ format: recordingFormat, ...life, origin: performance.timeOrigin, cutBytes, hasActions })
    // Before the file's own: what is not in a block yet has to be in one by then.
    process.prependListener('exit', this.#onExit)
    log.info('every event of this node is recorded, with the bodies of messages', { file })
    this.#flush()
  }

  /** How far it is. */
  get view(): RecordingView {
    const { file, bytesMax } = this.#options
    return { file, state: this.#state, events: this.#events, bytes: this.#file.size, bytesMax }
  }

  /** Of the machine; `held` finds a topic that is held, by its name. */
  machine(made: MachineOptions, held: (topic: string) => HeldTopic | undefined): EventWitness<Event, Action> {
    const { sha256: _, ...options } = made
    if (this.#state === 'on') this.#writer.start({ part: 'machine', options })
    const answers: RuleAnswer[] = []
    return {
      taken: (event, now) => {
        if (this.#state !== 'on') return event
        if (event.type !== 'hold') {
          this.#writer.event('machine', event, now)
          return event
        }
        const topic = held(event.rules.name)
        const isWhole = topic?.rules === event.rules && !isOfProgram(topic.topic)
        const { contentId, check, ...rules } = event.rules
        const functions = [...(contentId ? ['contentId' as const] : []), ...(check ? ['check' as const] : [])]
        const written = {
          type: 'hold',
          rules,
          ...(isWhole && functions.length > 0 && { definition: canonicalJson(topic.topic.definition) }),
          ...(!isWhole && functions.length > 0 && { functions }),
        } as const
        this.#writer.event('machine', written, now)
        return isWhole ? event : { type: 'hold', rules: answeredRules(event.rules, answers) }
      },
      done: (actions) => this.#done(answers.splice(0), actions),
    }
  }

  /** Of the cluster. */
  cluster(options: Omit<ClusterOptions, 'sha256' | 'peerOf' | 'place'>): EventWitness<ClusterEvent, ClusterAction> {
    if (this.#state === 'on') this.#writer.start({ part: 'cluster', options })
    return {
      taken: (event, now) => {
        if (this.#state === 'on') this.#writer.event('cluster', event, now)
        return event
      },
      done: (actions) => this.#done([], actions),
    }
  }

  /** Resolves when all is written. */
  async close(): Promise<void> {
    this.#end('stopped')
    process.off('exit', this.#onExit)
    await this.#file.close()
  }

  #done(answers: readonly RuleAnswer[], actions: readonly AnyAction[] | undefined): void {
    if (this.#state !== 'on') return
    this.#writer.outcome(answers, actions)
    this.#events++
    if (this.#writer.length >= blockBytes || actions === undefined) return this.#flush()
    this.#timer ??= setTimeout(() => this.#flush(), waitMsMax).unref()
  }

  #flush(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    if (this.#state !== 'on' || this.#writer.length === 0) return
    const bytes = this.#writer.take()
    const isFull =
      bytes.length > blockBytesMax || this.#file.size + blockHeadSize + bytes.length + endBytes > this.#options.bytesMax
    if (isFull) return this.#end('full')
    this.#file.append(blockOf(bytes))
    if (this.#file.isSlow) this.#end('slow')
  }

  /** Ends the recording, once; the node goes on. */
  #end(end: RecordingEnd): void {
    if (end === 'stopped') this.#flush()
    if (this.#state !== 'on') return
    this.#state = end
    this.#writer.end(end)
    this.#file.append(blockOf(this.#writer.take()))
    const { file } = this.#options
    if (end !== 'stopped') this.#options.log.warn('the recording ends here; the node goes on', { file, why: end })
  }

  #failed({ message }: NodeError): void {
    this.#state = 'disk'
    this.#options.log.warn('the recording ends here; the node goes on', { why: message })
  }
}
