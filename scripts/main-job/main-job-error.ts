/** Why the main job ended early. */
export type MainJobErrorCode =
  /** Not all was delivered within the time limit. */
  | 'time-limit'
  /** A node process ended on its own, or could not do what it was asked. */
  | 'node-failed'
  /** Ctrl-C, or a signal. */
  | 'interrupted'

/** The one error class of the main job. The message is for people: a line, and what a node process printed below it. */
export class MainJobError extends Error {
  readonly code: MainJobErrorCode

  constructor(code: MainJobErrorCode, message: string) {
    super(message)
    this.name = 'MainJobError'
    this.code = code
  }
}
