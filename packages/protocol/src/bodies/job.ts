import type { BodyReference } from '../body-reference.ts'
import { toHex } from '../bytes.ts'
import { nameOf, type Deferrable } from '../defer/plan.ts'
import type { EnvelopeBody } from '../envelope.ts'
import type { Millis, PeerId } from '../event.ts'
import { decide, type Decision } from '../verdict.ts'

/** An envelope whose body is elsewhere. */
export interface Bodied extends Deferrable {
  readonly body: Pick<EnvelopeBody, 'reference'>
  /** The body, while it is judged. */
  payload?: Uint8Array | undefined
  /** The body has been here. */
  hasBody?: boolean
}

/** The way of one envelope to its body. */
export interface Job<Item> {
  readonly item: Item
  /** Of the download: topic, message and root. */
  readonly name: string
  readonly reference: BodyReference
  /**
   * `looking`: whether it is on disk. If so it is `ready` until there is room to read it, then `reading`, and `held` while it
   * is judged; else `fetching`, and `saving`. `resting`: until peers are asked again.
   */
  state: 'looking' | 'ready' | 'reading' | 'held' | 'fetching' | 'saving' | 'resting' | 'over'
  /** Who said to have it, and has not lied. */
  readonly sources: Set<PeerId>
  /** Who was asked, for the journal. */
  readonly asked: Set<PeerId>
  /** Rounds over all sources that came to nothing. */
  failures: number
  /** Its id is known to be right. */
  isChecked: boolean
  /** It was fetched and saved: if it cannot be read then, the same again would end the same way. */
  wasSaved: boolean
  /** There was no room in memory for it when it came last. */
  lackedRoom: boolean
  /** When peers are asked again. */
  nextAt: Millis
  readonly endsAt: Millis
}

/** The name of the download of an envelope's body. */
const downloadName = ({ rules, keys }: Bodied, { root, size }: BodyReference): string =>
  `${nameOf(rules.name, keys[0]!)} ${toHex(root)} ${size}`

/** Rounds over all sources, with pauses between them that double from 2 s; then only new sources are asked. */
export const roundsMax = 5
/** When to ask again after so many rounds in vain. */
export const pauseMs = (failures: number): Millis => 1_000 * 2 ** failures

/** The way of an envelope begins, which ends at a time. */
export function jobOf<Item extends Bodied>(item: Item, endsAt: Millis): Job<Item> {
  const reference = item.body.reference!
  return {
    item,
    name: downloadName(item, reference),
    reference,
    state: 'looking',
    sources: new Set([item.from]),
    asked: new Set(),
    failures: 0,
    isChecked: false,
    wasSaved: false,
    lackedRoom: false,
    nextAt: Infinity,
    endsAt,
  }
}

/** Whether it has not been on disk yet. */
export const isOnItsWay = <Item>({ state }: Job<Item>): boolean =>
  state === 'looking' || state === 'fetching' || state === 'resting' || state === 'saving'

/** Why an envelope is given up that has waited for its body for long enough. */
export const endOf = <Item>({ state, lackedRoom, asked }: Job<Item>): Decision =>
  state === 'ready' || lackedRoom ? decide('body-no-room') : decide('body-missing', `${asked.size} peers were asked`)
