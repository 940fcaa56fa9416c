import { closeSync, fstatSync, openSync } from 'node:fs'
import { ProtocolError } from '@grapevine/protocol'
import { type RecordingEntry, RecordingReader } from '@grapevine/protocol/recording'
import { NodeError } from '../error.ts'
import { isRecording, readBlocks } from './read-blocks.ts'

/** How a file ended. */
export interface RecordingTail {
  /** Bytes at the end that are no whole block, or follow one that is damaged. */
  readonly unreadBytes: number
  /** Why: see {@link BlockScan.fault}. */
  readonly fault: 'torn' | 'damaged' | undefined
}

/**
 * The entries of a recording, in order; at the end how the file ended. Takes memory for one block at a time. Errors: `usage`
 * (it cannot be read), `recording` (it is none, or says what no node has written).
 */
export function* readRecording(path: string): Generator<RecordingEntry, RecordingTail> {
  const fd = opened(path)
  try {
    const found = fstatSync(fd)
    const { size } = found
    if (!found.isFile() || !isRecording(fd)) throw new NodeError('recording', `${path} is no recording of a node`)
    const reader = new RecordingReader()
    const blocks = readBlocks(fd, size)
    for (;;) {
      const { done, value } = blocks.next()
      if (done === true) return { unreadBytes: size - value.end, fault: value.fault }
      yield* reader.read(value)
    }
  } catch (error) {
    if (!(error instanceof ProtocolError) || error.code !== 'recording') throw error
    const hint = 'another version of grapevine may have made it'
    throw new NodeError('recording', `${path}: ${error.message}`, hint, { cause: error })
  } finally {
    closeSync(fd)
  }
}

function opened(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw new NodeError('usage', `${path} cannot be read: ${(error as Error).message}`, undefined, { cause: error })
  }
}
