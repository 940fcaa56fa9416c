import { keyOf, type Millis } from '@grapevine/protocol'
import { keyTexts, type Disk, type KeptRecord } from '../disk.ts'
import type { Packet } from '../packet.ts'
import type { Rng } from '../rng.ts'
import type { Actor, HostId, World } from '../world.ts'
import type { Cast } from './cast.ts'
import type { DiskFault } from './plan.ts'

/** What a fault of a disk needs to know. */
export interface DiskFaultContext {
  readonly rng: Rng
  readonly disks: ReadonlyMap<HostId, Disk>
  readonly at: (time: Millis, run: () => void) => void
  /** The wall clock of a host, in µs. */
  readonly wallOf: (host: HostId) => number
  readonly authorOf: (host: HostId) => { readonly key: string; readonly bytes: Uint8Array }
  /** Does something on a host, if it is up. */
  readonly act: (host: HostId, use: () => void) => void
}

/** Lets a disk suffer. What another honest host cannot give back is spared: no protocol could save it. */
export function spoil(fault: DiskFault, context: DiskFaultContext, now: Millis): void {
  const { rng, disks, at, wallOf, authorOf, act } = context
  const disk = disks.get(fault.host)!
  switch (fault.type) {
    case 'full':
      disk.isFull = true
      return at(now + fault.lastsMs, () => {
        disk.isFull = false
      })
    case 'damage': {
      const others = [...disks.values()].filter((other) => other !== disk)
      const victims = rng.shuffle([...disk.records].filter((kept) => isSpared(kept, others))).slice(0, fault.count)
      return act(fault.host, () => {
        for (const kept of victims) disk.damage(kept, now)
      })
    }
    case 'floor': {
      const author = fault.author === undefined ? undefined : authorOf(fault.author)
      const time = wallOf(fault.host) - Math.floor(fault.ageMs) * 1000
      return act(fault.host, () => disk.raiseFloor(fault.topic, time, author, now))
    }
  }
}

/** Whether another disk has all of a record's messages in good order. */
function isSpared({ isDamaged, record }: KeptRecord, others: readonly Disk[]): boolean {
  const hasAll = (disk: Disk): boolean => keyTexts(record).every((text) => disk.find(text)?.isDamaged === false)
  return !isDamaged && others.some(hasAll)
}

/** The disks of a cast in its world. */
export function diskFaultContextOf<Host extends Actor<Packet>>(
  world: World<Packet, Host>,
  cast: Cast,
  disks: ReadonlyMap<HostId, Disk>,
): DiskFaultContext {
  return {
    rng: world.rng.fork('disks'),
    disks,
    at: (time, run) => world.at(time, run),
    wallOf: (host) => cast.wallAtStart(host) + Math.floor(world.now) * 1000,
    authorOf: (host) => ({ key: keyOf(cast.keyOf(host)), bytes: cast.keyOf(host) }),
    act: (host, use) => void world.act(host, use),
  }
}
