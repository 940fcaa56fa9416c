import { type BodyReference, decodeEnvelope } from '@grapevine/protocol'
import type { Database } from './database.ts'
import type { FrameHead } from './frame.ts'
import type { PartContext, ReadCall } from './part.ts'

/** The calls about bodies, which are files. */
export interface BodyCalls {
  /** Of these roots, each of 32 bytes, those that records need, as places among them. */
  readonly 'body.needed': ReadCall<readonly Uint8Array[], readonly number[]>
}

/** An envelope with a reference is no longer than this: 64 parents, a long schema id, and the rest. */
const referenceEnvelopeMax = 2_600

/** The reference of a record to a body that is not in it. */
function referenceOf({ count, author, bytes }: FrameHead): BodyReference | undefined {
  if (count !== 1 || author.length !== 32 || bytes.length > referenceEnvelopeMax) return undefined
  const decoded = decodeEnvelope(bytes)
  return decoded.ok ? decoded.envelope.body.reference : undefined
}

/** What a record takes of a topic's retention, in bytes: itself, and its body. */
export const sizeOf = (head: FrameHead): number => head.bytes.length + (referenceOf(head)?.size ?? 0)

/** Notes which body a record needs. */
export function insertBody({ database }: { readonly database: Database }, arrival: number, head: FrameHead): void {
  const reference = referenceOf(head)
  if (reference === undefined) return
  database.run('INSERT OR IGNORE INTO body VALUES (?, ?, ?)', reference.root.slice(), arrival, reference.size)
}

/** What records need of the bodies that are kept as files. */
export function bodyCalls({ database }: PartContext): BodyCalls {
  const isNeeded = (root: Uint8Array): boolean =>
    database.get('SELECT 1 FROM body JOIN record USING (arrival) WHERE root = ? LIMIT 1', root) !== undefined
  return {
    'body.needed': { read: (roots) => [...roots.keys()].filter((place) => isNeeded(roots[place]!)) },
  }
}
