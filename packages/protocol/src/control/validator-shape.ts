import type { Verdict } from '../verdict.ts'

/** A validator outside of the node, as a user gives it. */
export interface ValidatorInput {
  readonly topic: string
  /** A command for `/bin/sh`; absent: a client of the control API judges, with the route `validate`. */
  readonly command?: string
  /** The folder in which it runs; default: the home. */
  readonly directory?: string
  /** What is done with a message that could not be judged; default `defer`: it is judged again. */
  readonly onFailure?: 'defer' | 'accept' | 'ignore'
  /** How long a message may take, 10 to 60,000 ms; default: the node's option `validate.timeoutMs`. */
  readonly timeoutMs?: number
}

/**
 * Why a validator was given up: it ended; it ended, or could not be started, before it answered anything; it wrote what is
 * no answer, too long a line, or a line too many; it did not answer in time; it closed its output.
 */
export type ValidatorFault = 'exit' | 'start' | 'garbage' | 'long-line' | 'unasked' | 'silent' | 'closed'

/** How often, by why. */
export type ValidatorFaults = Readonly<Partial<Record<ValidatorFault, number>>>

/** A validator at work. Counts are since the node started. */
export interface ValidatorView extends ValidatorInput {
  readonly onFailure: 'defer' | 'accept' | 'ignore'
  readonly timeoutMs: number
  /** `away`: none is there at present; it is started again, or a client has to come. */
  readonly state: 'running' | 'away'
  readonly pid?: number
  /** How often the command was started. */
  readonly starts: number
  /** Messages that it was asked about, each once. */
  readonly asked: number
  readonly verdicts: Readonly<Partial<Record<Verdict, number>>>
  /** Messages that were not judged, and went the way of `onFailure`. */
  readonly unjudged: number
  readonly failures: ValidatorFaults
  /** Messages that wait for their turn, and those that it is at. */
  readonly waiting: number
  readonly inFlight: number
}

/** A message as a validator reads it: one line of JSON. */
export interface ValidatorQuestion {
  /** Hex; empty for our own where ids come from what is signed: it is judged before. */
  readonly id: string
  readonly topic: string
  /** Peer id; absent on a raw topic. */
  readonly author?: string
  /** The peer that brought it; our own peer id for our own. */
  readonly from: string
  readonly epoch: number
  readonly seq: number | string
  /** Author time, ISO 8601. */
  readonly time: string
  /** Payload bytes. */
  readonly size: number
  readonly via: 'live' | 'history' | 'own'
  /** Ids of the messages that it refers to. */
  readonly parents: readonly string[]
  /** The payload if it is valid UTF-8; else `base64`. */
  readonly text?: string
  readonly base64?: string
}

/** What a validator answers: one line for each message, in the order of the messages. */
export interface ValidatorAnswerLine {
  readonly verdict: Verdict
  readonly reason?: string
  /** With `defer`: ids of messages of this topic that are to be accepted first, in hex. */
  readonly ids?: readonly string[]
  /** With `defer`: judge it again after so many ms, or when all `ids` are there, whichever is first. */
  readonly for?: number
  /** If it is there, it must be the id of the message: a check that lines and answers are in step. */
  readonly id?: string
}
