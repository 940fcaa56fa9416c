import type { KeyList, KeyRange } from './key.ts'
import type { Part } from './key-range.ts'
import type { SessionMode } from './session-output.ts'

/** Bytes of a frame at most, without the length that the stream puts before it. */
export const frameSizeMax = 65_536

/** Symbols in one frame at most. */
export const frameSymbolsMax = 1024

/** Ranges in one question, and parts in all answers to it, at most. */
export const frameRangesMax = 256
export const framePartsMax = 1024

/** Parts of a summary at most: the newest keys, and then twice as many each, reach 2^53 long before. */
export const summaryPartsMax = 64

/** What one session may ask for: questions, parts that are asked for, and keys that the answers to `ask-keys` list. */
export const questionsMax = 512
export const askedPartsMax: number = 1 << 16
export const listedKeysMax: number = 1 << 18

/** Bytes of a record at most. */
export const recordSizeMax: number = 1 << 20

/** Codes of the end of a session; their numbers on the wire are these indexes. */
export const endCodes: readonly ('' | EndCode)[] = [
  '',
  'done',
  'closed',
  'not-held',
  'busy',
  'unknown-version',
  'refused',
]

/** `refused`: the sender found that the other side breaks the protocol. */
export type EndCode = 'done' | 'closed' | 'not-held' | 'busy' | 'unknown-version' | 'refused'

/** Part of a record, or a whole one: `keys` is empty in what continues one, and `rest` are the bytes still to come. */
export interface RecordPiece {
  /** Packed indexes into the keys that were wanted. */
  readonly keys: Uint8Array
  readonly bytes: Uint8Array
  readonly rest: number
}

/** One symbol by its index. */
export interface Probe {
  readonly index: number
  readonly symbol: Uint8Array
}

/** What the two sides say; docs/protocol.md has the meaning of each, and reconcile.proto the form. */
export type Frame =
  /** Opens: the range that we would compare. `topic` is the wire topic. */
  | {
      readonly type: 'open'
      readonly topic: string
      readonly mode: SessionMode
      readonly floor: number
      readonly end: number
    }
  /** Answers it: the range that both hold, and what the answerer has there, with the first symbols if it has a sketch. */
  | {
      readonly type: 'summary'
      readonly from: number
      readonly end: number
      readonly parts: readonly Part[]
      readonly symbolsMax: number
      readonly symbols: Uint8Array
      /** A later symbol, chosen at random; index 0 and no bytes if there are no symbols. */
      readonly probe: Probe
    }
  /** Asks for symbols up to an index. */
  | { readonly type: 'ask-symbols'; readonly to: number }
  | { readonly type: 'symbols'; readonly symbols: Uint8Array }
  /** Asks to cut ranges, ascending and apart, into at most `parts` equal parts each. */
  | { readonly type: 'ask-parts'; readonly parts: number; readonly ranges: readonly KeyRange[] }
  | { readonly type: 'parts'; readonly parts: readonly Part[] }
  /** Asks for the keys of ranges. */
  | { readonly type: 'ask-keys'; readonly ranges: readonly KeyRange[] }
  | { readonly type: 'keys'; readonly keys: KeyList; readonly last: boolean }
  /** Keys that the answerer lacks. */
  | { readonly type: 'have'; readonly keys: KeyList; readonly last: boolean }
  /** Those of them that it refused (verify mode). */
  | { readonly type: 'refused'; readonly keys: KeyList; readonly last: boolean }
  /** Asks for records, in about `bytesMax` bytes. */
  | { readonly type: 'want'; readonly keys: KeyList; readonly bytesMax: number }
  /** Answers: pieces, and packed indexes of keys that it does not hold or does not give. */
  | {
      readonly type: 'records'
      readonly pieces: readonly RecordPiece[]
      readonly missing: Uint8Array
      readonly refused: Uint8Array
      readonly last: boolean
    }
  /** The sender asks for nothing any more, or refuses or breaks off. */
  | { readonly type: 'end'; readonly code: EndCode }

/** The types, in the order of their field numbers, from 1. */
export const frameTypes: readonly Frame['type'][] = [
  'open',
  'summary',
  'ask-symbols',
  'symbols',
  'ask-parts',
  'parts',
  'ask-keys',
  'keys',
  'have',
  'refused',
  'want',
  'records',
  'end',
]
