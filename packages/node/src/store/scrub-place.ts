import type { PartContext, ReadCall, WriteCall } from './part.ts'
import { scrubStart } from './scrub.ts'
import type { ScrubPosition } from './scrub-slice.ts'

/** Where the background scrub is, so that a restart does not begin it again: it may take a day. */
export interface ScrubPlaceCalls {
  readonly 'scrub.remember': WriteCall<ScrubPosition, void>
  readonly 'scrub.recall': ReadCall<undefined, ScrubPosition>
}

interface PlaceFact {
  readonly table: ScrubPosition['table']
  readonly after: readonly (number | string)[]
}

/** Keeps the place as a fact; bytes in it as text. */
export const scrubPlaceCalls = ({ facts }: PartContext): ScrubPlaceCalls => ({
  'scrub.remember': {
    write: ({ table, after }) => {
      const texts = after.map((value) =>
        value instanceof Uint8Array ? Buffer.from(value).toString('hex') : Number(value),
      )
      facts.set('scrub', { table, after: texts } satisfies PlaceFact)
    },
  },
  'scrub.recall': {
    read: () => {
      const fact = facts.get('scrub') as PlaceFact | undefined
      if (fact === undefined) return scrubStart
      const after = fact.after.map((value) =>
        typeof value === 'string' ? new Uint8Array(Buffer.from(value, 'hex')) : value,
      )
      return { table: fact.table, after }
    },
  },
})
