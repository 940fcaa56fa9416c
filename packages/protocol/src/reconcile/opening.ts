import { encodeFrame } from './frame-encode.ts'
import { decodeFrame } from './frame-decode.ts'
import type { SessionMode } from './session-output.ts'

/** The frame with which a host refuses an opening that it does not give to a session. */
export function refusalFrame(code: 'not-held' | 'busy'): Uint8Array {
  return encodeFrame({ type: 'end', code })
}

/** Topic and mode of an opening, to find the index for a session; undefined if the frame is none that this version knows. */
export function readOpening(frame: Uint8Array): { readonly topic: string; readonly mode: SessionMode } | undefined {
  const open = decodeFrame(frame)
  return typeof open === 'object' && open.type === 'open' ? { topic: open.topic, mode: open.mode } : undefined
}
