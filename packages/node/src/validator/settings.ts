import { join } from 'node:path'
import type { ValidatorInput } from '@grapevine/protocol'
import { NodeError } from '../error.ts'
import { readJson, replaceFile } from '../home/durable-file.ts'

/** Who judges a topic from outside: a command that the node runs, or a client of its control API. */
export interface ValidatorSettings {
  readonly topic: string
  /** Run by `/bin/sh` in this folder; absent: a client judges. */
  readonly command?: string
  readonly directory?: string
  /** What is done with a message that could not be judged. */
  readonly onFailure: 'defer' | 'accept' | 'ignore'
  /** How long a message may take; absent: the node's option `validate.timeoutMs`. */
  readonly timeoutMs?: number
}

const fileOf = (home: string): string => join(home, 'validators.json')

/** The validators of a home. This file and the control socket are the only ways in. Error `home` if it is damaged. */
export function readValidators(home: string): ValidatorSettings[] {
  const value = readJson(fileOf(home))
  if (value === undefined) return []
  try {
    if (!Array.isArray(value)) throw new TypeError('not a list')
    return value.map((entry) => checkValidator(entry as ValidatorInput))
  } catch (error) {
    const hint = 'restore it from a copy, or delete it'
    throw new NodeError('home', `${fileOf(home)} is damaged: ${(error as Error).message}`, hint, { cause: error })
  }
}

/** Replaces the file. Errors `disk`, `home`. */
export function writeValidators(home: string, validators: readonly ValidatorSettings[]): void {
  replaceFile(fileOf(home), `${JSON.stringify(validators, undefined, 2)}\n`)
}

/** Settings with their defaults. Error `usage`. */
export function checkValidator(input: ValidatorInput): ValidatorSettings {
  const { topic, command, directory, onFailure = 'defer', timeoutMs } = input
  const wrong = (text: string): NodeError => new NodeError('usage', `validator: ${text}`)
  if (typeof topic !== 'string') throw wrong('topic: expected a name')
  if (command !== undefined && (typeof command !== 'string' || command.trim() === '' || command.includes('\0')))
    throw wrong('command: expected a shell command')
  if (directory !== undefined && typeof directory !== 'string') throw wrong('directory: expected a folder')
  if (!['defer', 'accept', 'ignore'].includes(onFailure)) throw wrong('onFailure: expected defer, accept or ignore')
  if (timeoutMs !== undefined && !(Number.isInteger(timeoutMs) && timeoutMs >= 10 && timeoutMs <= 60_000))
    throw wrong('timeoutMs: expected 10 to 60,000')
  return {
    topic,
    ...(command !== undefined && { command }),
    ...(directory !== undefined && { directory }),
    onFailure,
    ...(timeoutMs !== undefined && { timeoutMs }),
  }
}
