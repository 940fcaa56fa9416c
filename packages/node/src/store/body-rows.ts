import { type BodyReference, decodeEnvelope } from '@grapevine/protocol'
import type { Context } from './context.ts'
import type { FrameHead } from './frame.ts'
import type { PartContext, ReadCall } from './part.ts'

/** What rows are read from and written to. */
type Target = Pick<Context, 'database'>

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

/** Bytes of a record, and of its body: what it takes of its author's share of a topic. */
export const sizeOf = (head: FrameHead): number => head.bytes.length + (referenceOf(head)?.size ?? 0)

/** What a topic has more of in bytes by one record: a body counts once, however many cite it. */
export function addedSizeOf({ database }: Target, topic: number, arrival: number, head: FrameHead): number {
  const reference = referenceOf(head)
  if (reference === undefined) return head.bytes.length
  const other = 'SELECT 1 FROM body WHERE topic = ? AND root = ? AND arrival <> ? LIMIT 1'
  const isCited = database.get(other, topic, reference.root.slice(), arrival) !== undefined
  return head.bytes.length + (isCited ? 0 : reference.size)
}

/** Notes which body a record needs. */
export function insertBody({ database }: Target, arrival: number, topic: number, head: FrameHead): void {
  const reference = referenceOf(head)
  if (reference === undefined) return
  database.run('INSERT OR IGNORE INTO body VALUES (?, ?, ?, ?)', topic, reference.root.slice(), arrival, reference.size)
}

/** By topic, the bytes of bodies that more than one record of it cites, for each but one of those. */
export function citedAgain({ database }: Target): ReadonlyMap<number, number> {
  const rows = database.all(
    `SELECT topic, sum(size * (times - 1)) FROM (SELECT topic, size, count(*) AS times FROM body GROUP BY topic, root)
     WHERE times > 1 GROUP BY topic`,
  )
  return new Map(rows.map(([topic, bytes]) => [Number(topic), Number(bytes)]))
}

/** What records need of the bodies that are kept as files. */
export function bodyCalls({ database }: PartContext): BodyCalls {
  const isNeeded = (root: Uint8Array): boolean =>
    database.get('SELECT 1 FROM body JOIN record USING (arrival) WHERE root = ? LIMIT 1', root) !== undefined
  return {
    'body.needed': { read: (roots) => [...roots.keys()].filter((place) => isNeeded(roots[place]!)) },
  }
}
