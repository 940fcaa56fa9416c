import type { PartContext, ReadCall, WriteCall } from './part.ts'

/** What an owner says (docs/state.md), as it is on disk: its signature is its checksum. */
interface KeptState {
  /** 32 bytes. */
  readonly owner: Uint8Array
  readonly bytes: Uint8Array
}

/** The calls of replicated state. */
export interface StateCalls {
  /** Some of all, behind an owner, in the order of their keys; none: that was all. */
  readonly 'state.list': ReadCall<Uint8Array | undefined, readonly (KeptState & { readonly heard: number })[]>
  /** Replaces what is kept of these owners; `now` is wall clock, ms. */
  readonly 'state.keep': WriteCall<{ readonly states: readonly KeptState[]; readonly now: number }, void>
  /** These were there at `now`. */
  readonly 'state.heard': WriteCall<{ readonly owners: readonly Uint8Array[]; readonly now: number }, void>
  readonly 'state.forget': WriteCall<readonly Uint8Array[], void>
}

/** What is read at once, in bytes, and a little more: some 1,000 owners, whose signatures take 50 ms. */
const pageBytes = 512 << 10

/** Keeps what owners say in a table of its own. How much that may be is bounded by who asks. */
export function stateCalls({ database }: PartContext): StateCalls {
  return {
    'state.list': {
      read: (after = new Uint8Array(0)) => {
        const page: (KeptState & { readonly heard: number })[] = []
        let last = after
        for (let bytesRead = 0; bytesRead < pageBytes;) {
          const row = database.get('SELECT owner, heard, bytes FROM state WHERE owner > ? ORDER BY owner LIMIT 1', last)
          if (row === undefined) break
          const [owner, heard, bytes] = row
          if (!(owner instanceof Uint8Array) || !(bytes instanceof Uint8Array)) break
          page.push({ owner, heard: Number(heard), bytes })
          bytesRead += bytes.length + 100
          last = owner
        }
        return page
      },
    },
    'state.keep': {
      write: ({ states, now }) => {
        for (const { owner, bytes } of states)
          database.run('INSERT OR REPLACE INTO state (owner, heard, bytes) VALUES (?, ?, ?)', owner, now, bytes)
      },
    },
    'state.heard': {
      write: ({ owners, now }) => {
        for (const owner of owners) database.run('UPDATE state SET heard = ? WHERE owner = ?', now, owner)
      },
    },
    'state.forget': {
      write: (owners) => {
        for (const owner of owners) database.run('DELETE FROM state WHERE owner = ?', owner)
      },
    },
  }
}
