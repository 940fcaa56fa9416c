import type { IsRefused } from './difference.ts'
import type { SessionMode } from './session-output.ts'
import type { SetIndex } from './set-index.ts'

/** Options of a {@link Session}. */
export interface SessionOptions {
  readonly index: SetIndex
  /** The wire topic, as it stands in the opening. */
  readonly topic: string
  /** Only for the side that opens. Default `sync`. */
  readonly mode?: SessionMode
  /** Compare nothing before this author time, in µs: a node can limit how far back it goes. Default: the index's floor. */
  readonly floor?: number
  /** Compare nothing from this author time on, in µs; for `verify` our clock less 10 s. Default: no end. */
  readonly end?: number
  /** Which keys our host has refused: we do not ask for them. Called once for each key that we lack. */
  readonly isRefused?: IsRefused
  /** A random word of 32 bits, fresh for each session that answers: which symbol it shows beside the first. Default 0. */
  readonly random?: number
  /** Differences that a session takes, each way, 1 to 262,144. More memory (36 bytes each), fewer sessions. Default 65,536. A guess. */
  readonly keysMax?: number
  /** Keys asked for at once, 1 to 2,048. Default 512: what is asked for while the answer before is checked. A guess. */
  readonly wantKeysMax?: number
  /** Bytes of records asked for at once, 64 KiB to 64 MiB; one record may go beyond. Default 1 MiB, as a stream's window. */
  readonly wantBytesMax?: number
}

/** What a session has cost. */
export interface SessionCost {
  readonly bytesSent: number
  readonly bytesReceived: number
  /** Of these, frames with records: headers and all. */
  readonly recordBytesSent: number
  readonly recordBytesReceived: number
  /** Changes from sending to receiving: half of them are round trips. */
  readonly turns: number
}
