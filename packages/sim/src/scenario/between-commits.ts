import type { Millis } from '@grapevine/protocol'
import type { Packet } from '../packet.ts'
import type { Actor, World } from '../world.ts'
import type { Life } from './ledger.ts'

/** Does something at a time, or later: not in the middle of a commit, unless that takes for ever. */
export function betweenCommits(
  world: World<Packet, Actor<Packet>>,
  { lives, time, latest }: { readonly lives: () => Iterable<Life>; readonly time: Millis; readonly latest: Millis },
  run: () => void,
): void {
  world.at(time, () => {
    const isStoring = [...lives()].some(({ machine }) => (machine?.snapshot().storingBytes ?? 0) > 0)
    if (isStoring && time < latest) betweenCommits(world, { lives, time: time + 20, latest }, run)
    else run()
  })
}
