import type { BlockHeader } from './header.ts'
import type { BitcoinNetwork } from './network.ts'
import { bitsOf, targetOf } from './target.ts'

/** What the rules need of a block that is in the chain. */
export type ChainHeader = Pick<BlockHeader, 'time' | 'bits'>

/** The chain up to and including a parent. */
export interface Ancestry {
  /** Of the parent; that of the first block is 0. */
  readonly height: number
  /** A block at a height from 0 to that of the parent. */
  readonly at: (height: number) => ChainHeader
}

/** Why a header is not valid. */
export type HeaderFault =
  /** Its target is none, or easier than the network allows. */
  | 'bad-target'
  /** Its hash is above its target. */
  | 'no-work'
  /** Its target is not the one that the rules of difficulty give. */
  | 'wrong-bits'
  /** Not later than the median of the eleven blocks before. */
  | 'time-too-old'
  /** A period that begins more than ten minutes before the last one ended (BIP 94). */
  | 'time-warp'
  /** Its version is one that is no longer accepted at this height. */
  | 'old-version'

/** Blocks between two changes of the target, and how long they should take, in s. */
const [periodBlocks, periodSeconds] = [2016, 1_209_600]
/** On networks with easy blocks: a block that comes later than this after its parent may be one, in s. */
const easyAfter = 1200
/** Blocks whose median time a block has to exceed. */
const medianBlocks = 11
/** How far ahead of our clock a header may be, in s. */
const aheadMax = 7200

/** Checks what a header shows by itself: its target and its work. */
export function ownFaultOf({ bits, hash }: BlockHeader, network: BitcoinNetwork): HeaderFault | undefined {
  const target = targetOf(bits)
  if (target === undefined || target > targetOf(network.easiestBits)!) return 'bad-target'
  return BigInt(`0x${hash}`) > target ? 'no-work' : undefined
}

/**
 * Checks a header against the chain that it extends (Bitcoin Core, `ContextualCheckBlockHeader`): target, median time, BIP 94,
 * version. Deployments by version bits change nothing in headers.
 */
export function chainFaultOf(header: BlockHeader, chain: Ancestry, network: BitcoinNetwork): HeaderFault | undefined {
  const { version, time, bits } = header
  const height = chain.height + 1
  if (bits !== nextBits(header, chain, network)) return 'wrong-bits'
  if (time <= medianTime(chain)) return 'time-too-old'
  if (network.hasBip94 && height % periodBlocks === 0 && time < chain.at(chain.height).time - 600) return 'time-warp'
  const needed = 1 + network.versionFrom.filter((from) => height >= from).length
  return version < needed ? 'old-version' : undefined
}

/** Seconds to wait until a header is no longer too far in the future; 0 if it is not. */
export const secondsAhead = ({ time }: ChainHeader, wallSeconds: number): number =>
  Math.max(0, time - wallSeconds - aheadMax)

/** The median of the times of the last eleven blocks, or of all if there are fewer. */
export function medianTime({ height, at }: Ancestry): number {
  const count = Math.min(medianBlocks, height + 1)
  const times = Array.from({ length: count }, (_, back) => at(height - back).time).toSorted((a, b) => a - b)
  return times[Math.floor(count / 2)]!
}

/** The compact target that the block behind a chain has to have (Bitcoin Core, `GetNextWorkRequired`). */
export function nextBits({ time }: Pick<BlockHeader, 'time'>, chain: Ancestry, network: BitcoinNetwork): number {
  const { height, at } = chain
  const parent = at(height)
  if ((height + 1) % periodBlocks !== 0) {
    if (!network.hasEasyBlocks) return parent.bits
    if (time > parent.time + easyAfter) return network.easiestBits
    // The target of the last block that was not an easy one.
    let back = height
    while (back > 0 && back % periodBlocks !== 0 && at(back).bits === network.easiestBits) back--
    return at(back).bits
  }
  if (network.isFixed) return parent.bits
  // One block less than a period: an old mistake that is the rule now.
  const first = at(height - (periodBlocks - 1))
  return retarget(network.hasBip94 ? first.bits : parent.bits, parent.time - first.time, network)
}

/** A target after a period that took so many seconds: in proportion, by at most a factor of four. */
export function retarget(bits: number, seconds: number, network: BitcoinNetwork): number {
  const span = Math.min(4 * periodSeconds, Math.max(periodSeconds / 4, seconds))
  const easiest = targetOf(network.easiestBits)!
  const target = ((targetOf(bits) ?? easiest) * BigInt(Math.floor(span))) / BigInt(periodSeconds)
  return bitsOf(target > easiest ? easiest : target)
}
