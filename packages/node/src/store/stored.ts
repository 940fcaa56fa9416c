import { type Context, frameSum } from './context.ts'
import { dataStart, type FrameHead, readHead } from './frame.ts'

/** A record that was read from the database and whose checksum holds. */
export interface StoredFrame {
  /** A frame of its own, from its first byte. */
  readonly frame: Uint8Array
  readonly head: FrameHead
}

/** A row of `record` whose frame is not what was written. */
export const damaged: unique symbol = Symbol('damaged')

/**
 * The record with this arrival number, or undefined where there is none; a damaged one too, unless `see` asks for it.
 */
export function readStored(context: Context, arrival: number): StoredFrame | undefined {
  const read = readRow(context, arrival)
  return read === damaged ? undefined : read
}

/** The record with this arrival number; undefined where there is none, {@link damaged} where its checksum does not hold. */
export function readRow({ database }: Context, arrival: number): StoredFrame | typeof damaged | undefined {
  const row = rowOf(() =>
    database.get('SELECT arrival, topic, time, content, sum, data FROM record WHERE arrival = ?', arrival),
  )
  if (row === undefined || row === damaged) return row
  const [found, topic, time, content, sum, data] = row
  if (found !== arrival || typeof topic !== 'number' || !(data instanceof Uint8Array) || !(sum instanceof Uint8Array))
    return damaged
  const frame = new Uint8Array(dataStart + data.length)
  const view = new DataView(frame.buffer)
  view.setUint32(0, frame.length, true)
  view.setFloat64(4, arrival, true)
  view.setUint32(12, topic, true)
  frame.set(data, dataStart)
  if (Buffer.compare(frameSum(frame, 0, frame.length), sum) !== 0) return damaged
  const head = readHead(frame, 0)
  // The columns that the checksum does not cover are copies.
  const isSame = head.time === time && content === (head.keyTime === head.time ? 0 : 1)
  return isSame ? { frame, head } : damaged
}

function rowOf<Row>(read: () => Row): Row | typeof damaged {
  try {
    return read()
  } catch (error) {
    if ((error as { code?: string }).code === 'ERR_OUT_OF_RANGE') return damaged
    throw error
  }
}
