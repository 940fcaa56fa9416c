import type { ControlClient } from '@grapevine/node/client'
import type { ValidatorInput } from '@grapevine/protocol/control'
import { CommandError } from './failure.ts'

/** Who judges a topic on this node. */
export interface ValidatorOptions {
  /** A shell command; `-`: a client; false: nobody. */
  readonly validator?: string | false | undefined
  readonly onFailure?: 'defer' | 'accept' | 'ignore' | undefined
  /** In ms. */
  readonly validatorTimeout?: number | undefined
}

/** Help of the options for `topic add` and `topic define`. */
export const validatorHelp = {
  validator:
    'have this node ask a command about each message (docs/validators.md); -: a client, see: grapevine validate',
  none: 'ask nobody any more',
  onFailure: 'what to do with a message that it could not judge; default defer: judge it again',
  timeout: 'how long it may take for a message; default 5s',
} as const

/**
 * Sets who judges a topic, before it is held: no message comes in unjudged. The command runs in the folder of the caller.
 * Errors: those of the node; `usage` for options without a validator.
 */
export async function setValidator(topic: string, options: ValidatorOptions, client: ControlClient): Promise<void> {
  const { validator, onFailure, validatorTimeout: timeoutMs } = options
  if (validator === false) return void (await client.call('validatorRemove', { topic }))
  if (validator === undefined) {
    if (onFailure === undefined && timeoutMs === undefined) return
    throw new CommandError('usage', '--on-failure and --validator-timeout belong to a --validator')
  }
  const body: ValidatorInput = {
    topic,
    ...(validator !== '-' && { command: validator, directory: process.cwd() }),
    ...(onFailure && { onFailure }),
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
  await client.call('validatorSet', {}, { body })
}
