import type { ScenarioInvariants } from '../scenario-file/scenario-file.ts'

/** What each invariant says, for people. */
export const scenarioInvariants: Readonly<Record<keyof ScenarioInvariants, string>> = {
  once: 'a node hands a message to its readers once',
  order: 'the numbers under which a node delivers rise',
  protocol: 'no honest node takes what another honest node says for a fault',
  delivered: 'an acknowledged message is on every node that reaches one that has it',
  deliveredWithinMs: 'an acknowledged message is on every node within its time',
  equal: 'nodes that reach each other hold the same',
  membersWithinMs: 'members are called what they are within their time',
}

/** An invariant that did not hold. */
export interface ScenarioViolation {
  readonly invariant: keyof ScenarioInvariants
  readonly node: string
  readonly atMs: number
  /** The message that it is about, the beginning of its id in hex. */
  readonly message?: string
  readonly detail: string
}
