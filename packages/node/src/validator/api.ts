import type { ValidatorInput, ValidatorView } from '@grapevine/protocol'

/** A client that judges a topic. */
export interface ValidatorSession {
  /** Bytes of its answers. */
  hear(chunk: Buffer): void
  /** It reads again what it is sent. */
  resume(): void
  /** It is gone, or its answers have ended: what it did not answer the next one is asked. */
  gone(): void
}

/** Where a session's questions go. */
export interface ValidatorClient {
  write(text: string): void
  readonly isFull: boolean
  /** The session is over. */
  end(): void
}

/** Validators outside of the node: commands and clients. */
export interface ValidatorApi {
  /** Has a topic judged, held or not, across restarts. Errors: `usage`, `held-otherwise` (a program judges it), `disk`. */
  set(input: ValidatorInput): ValidatorView
  /** Has it judged by nobody; what waits is accepted. Error `not-found`. */
  remove(topic: string): void
  /** Takes a client as the validator of a topic, after the one before. Error `usage` if a command judges it. */
  serve(topic: string, client: ValidatorClient): ValidatorSession
}
