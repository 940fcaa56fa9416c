import { keyFromPeerId } from '@grapevine/protocol'
import { NodeError } from '../error.ts'

/** A peer that can be named. `name` is what it calls itself. */
export interface NamedPeer {
  readonly peerId: string
  readonly name?: string | undefined
}

/** What all ids of Ed25519 keys begin with; the tail is the rest. */
const head = '12D3KooW'
const tailMin = 6

/**
 * The peer id that a person means: a whole id (known or not), at least 6 characters from the end of the id (`…Qm7xKd`)
 * or from its beginning after `12D3KooW`, or a peer's own name. Errors: `usage` if more than one fits or the text can
 * be none of these, `not-found`.
 */
export function findPeer(text: string, known: Iterable<NamedPeer>): string {
  if (keyFromPeerId(text) !== undefined) return text
  const part = text.replace(/^(…|\.\.\.)/, '')
  const isPart = /^[1-9A-HJ-NP-Za-km-z]+$/.test(part) && part.length >= tailMin
  const found = new Set<string>()
  for (const { peerId, name } of known) {
    const tail = peerId.startsWith(head) ? peerId.slice(head.length) : peerId
    const isMeant =
      isPart &&
      (peerId.endsWith(part) ||
        tail.startsWith(part) ||
        (part.length >= head.length + tailMin && peerId.startsWith(part)))
    if (isMeant || name === text) found.add(peerId)
  }
  const [first, second] = found
  if (first !== undefined && second === undefined) return first
  if (first !== undefined) {
    throw new NodeError(
      'usage',
      `more than one peer is called ${text}: ${[...found].slice(0, 4).join(', ')}`,
      'give the whole id',
    )
  }
  if (!isPart && !/^[A-Za-z0-9._-]{1,64}$/.test(text)) {
    throw new NodeError(
      'usage',
      `${JSON.stringify(text.slice(0, 80))} names no peer`,
      'give an id, at least 6 characters of its end, or a name: grapevine peer ls --all',
    )
  }
  throw new NodeError('not-found', `no peer is known as ${text}`, 'see: grapevine peer ls --all; grapevine members')
}
