import type { ValidatorInput, ValidatorView } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import type { PartLog } from '../log/log.ts'
import { refuseBadName } from '../topic/name.ts'
import type { ValidatorApi, ValidatorClient, ValidatorSession } from './api.ts'
import { CommandRunner } from './command-runner.ts'
import { ExternalJudge } from './external-judge.ts'
import { checkValidator, readValidators, writeValidators, type ValidatorSettings } from './settings.ts'

/** What validators of a node need. */
export interface ValidatorsOptions {
  readonly home: string
  readonly self: string
  readonly log: PartLog
  readonly timeoutMs: number
  /** Has a topic judged by this one from now on, or by nobody. Error `held-otherwise`. */
  readonly judgeBy: (topic: string, judge: ExternalJudge | undefined) => void
}

interface Validator {
  readonly judge: ExternalJudge
  readonly runner: CommandRunner | undefined
}

/** The validators of a node that are commands or clients, by topic. They are this node’s own affair, and never of a peer. */
export class Validators implements ValidatorApi {
  readonly #options: ValidatorsOptions
  readonly #validators = new Map<string, Validator>()

  /** Starts those of the home. Error `home` if their file is damaged. */
  constructor(options: ValidatorsOptions) {
    this.#options = options
    for (const settings of readValidators(options.home)) this.#start(settings)
  }

  set(input: ValidatorInput): ValidatorView {
    const settings = checkValidator(input)
    refuseBadName(settings.topic)
    const before = this.#validators.get(settings.topic)
    this.#start(settings)
    void this.#end(before)
    this.#save()
    return this.view(settings.topic)!
  }

  remove(topic: string): void {
    const validator = this.#validators.get(topic)
    if (validator === undefined) throw new NodeError('not-found', `topic ${topic} has no validator`)
    this.#validators.delete(topic)
    this.#options.judgeBy(topic, undefined)
    void this.#end(validator)
    this.#save()
  }

  /** The topic is held no more. */
  forget(topic: string): void {
    if (this.#validators.has(topic)) this.remove(topic)
  }

  serve(topic: string, client: ValidatorClient): ValidatorSession {
    if (this.#validators.get(topic) === undefined) this.set({ topic })
    const { judge, runner } = this.#validators.get(topic)!
    if (runner !== undefined)
      throw new NodeError('usage', `topic ${topic} is judged by a command`, 'end that with: topic add --no-validator')
    const speaker = judge.attach({
      write: (text) => client.write(text),
      get isFull() {
        return client.isFull
      },
      end: () => client.end(),
      kill: () => client.end(),
    })
    return {
      hear: (chunk) => speaker.hear(chunk, performance.now()),
      resume: () => judge.resume(),
      gone: () => speaker.fault('exit', 'the client is gone'),
    }
  }

  view(topic: string): ValidatorView | undefined {
    const validator = this.#validators.get(topic)
    if (validator === undefined) return undefined
    const { judge, runner } = validator
    return {
      ...judge.settings,
      timeoutMs: judge.settings.timeoutMs ?? this.#options.timeoutMs,
      state: judge.isServed ? 'running' : 'away',
      ...(runner?.pid !== undefined && { pid: runner.pid }),
      starts: runner?.starts ?? 0,
      ...judge.counts,
    }
  }

  /** Resolves when all commands have ended. */
  async stop(): Promise<void> {
    await Promise.all([...this.#validators.values()].map((validator) => this.#end(validator)))
  }

  #start(settings: ValidatorSettings): void {
    const { home, self, judgeBy, log } = this.#options
    const { topic, command } = settings
    const judge: ExternalJudge = new ExternalJudge({
      settings,
      timeoutMs: settings.timeoutMs ?? this.#options.timeoutMs,
      self,
      onFault: (fault, detail, hasAnswered) => {
        if (runner !== undefined) runner.failed(fault, detail, hasAnswered)
        else log.warn('the client that judges is given up', { topic, fault, detail })
      },
    })
    judgeBy(topic, judge)
    const runner =
      command === undefined ? undefined : new CommandRunner({ settings: { ...settings, command }, home, judge, log })
    this.#validators.set(topic, { judge, runner })
    runner?.start()
  }

  async #end(validator: Validator | undefined): Promise<void> {
    validator?.judge.stop()
    await validator?.runner?.stop()
  }

  #save(): void {
    writeValidators(
      this.#options.home,
      [...this.#validators.values()].map(({ judge }) => judge.settings),
    )
  }
}
