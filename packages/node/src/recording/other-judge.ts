import type { Judgement, Message } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { Log } from '../log/log.ts'
import { CommandRunner } from '../validator/command-runner.ts'
import { ExternalJudge } from '../validator/external-judge.ts'

/** What an {@link OtherJudge} is given. */
export interface OtherJudgeOptions {
  readonly topic: string
  /** For `/bin/sh`, run in the present folder. */
  readonly command: string
  /** The peer id of the node that is replayed. */
  readonly self: string
}

/** How long it may take for a message, in ms: nobody else waits. */
const timeoutMs = 60_000
/** Whoever waits for a command keeps the process alive. */
const aliveMs = 1_000

/** Has messages judged by a command, as a node does: docs/validators.md. One that fails ends the replay. */
export class OtherJudge {
  readonly #judge: ExternalJudge
  readonly #runner: CommandRunner
  readonly #failed = Promise.withResolvers<never>()

  constructor({ topic, command, self }: OtherJudgeOptions) {
    const directory = process.cwd()
    const settings = { topic, command, directory, onFailure: 'defer' } as const
    this.#failed.promise.catch(() => undefined)
    this.#judge = new ExternalJudge({
      settings,
      timeoutMs,
      self,
      onFault: (fault, detail) => {
        const hint = 'see docs/validators.md: a line of JSON in, a line of JSON out'
        this.#failed.reject(new NodeError('no-answer', `the validator of ${topic} failed: ${fault}, ${detail}`, hint))
      },
    })
    this.#runner = new CommandRunner({ settings, home: directory, judge: this.#judge, log: new Log({}).part('replay') })
    this.#runner.start()
  }

  /** One judgement per message, in order. Error `no-answer`. */
  async judge(messages: readonly Message[]): Promise<readonly Judgement[]> {
    const alive = setInterval(() => undefined, aliveMs)
    try {
      return await Promise.race([this.#judge.judge(messages), this.#failed.promise])
    } finally {
      clearInterval(alive)
    }
  }

  /** Resolves when the command has ended. */
  async stop(): Promise<void> {
    this.#judge.stop()
    await this.#runner.stop()
  }
}
