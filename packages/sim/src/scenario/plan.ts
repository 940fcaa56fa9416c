import type { Judgement, Message, Millis, Sha256, TopicRules } from '@grapevine/protocol'
import { wireTopic } from '@grapevine/protocol'
import type { DiskDelays } from '../disk.ts'
import type { EffectDelays } from '../gossip-host-options.ts'
import type { LinkOptions } from '../link.ts'
import type { HostId } from '../world.ts'

/**
 * What a topic of a simulation is like. `plain`: signed ids, batched. `checked`: with a static check. `content`: ids from
 * the payload. `judged`: with a validator. `raw`: no envelope. `limited`: five messages a second of each author. `chained`:
 * ids from the payload, and a message waits for the one that it names.
 */
export type TopicKind = 'plain' | 'checked' | 'content' | 'judged' | 'raw' | 'limited' | 'chained'

/** What goes wrong in the network, and when. `rehold` releases a topic and holds it again at once. */
export type Fault =
  | { readonly at: Millis; readonly type: 'partition'; readonly groups: readonly (readonly HostId[])[] }
  | { readonly at: Millis; readonly type: 'heal' }
  | { readonly at: Millis; readonly type: 'crash' | 'restart'; readonly host: HostId }
  | { readonly at: Millis; readonly type: 'rehold'; readonly host: HostId; readonly topic: TopicKind }

/** One publish by an honest host; several at one time come before anything else happens. */
export interface PlannedPublish {
  readonly at: Millis
  readonly host: HostId
  readonly topic: TopicKind
  readonly payload: Uint8Array
}

/** Everything that a run of gossip is, beside its seed. */
export interface GossipPlan {
  /** Honest hosts, named h0, h1 …. */
  readonly hosts: number
  /** Hostile hosts, named x0, x1 …, each linked to every honest host without loss and at once. */
  readonly hostile: number
  /** Neighbours of each holder in a topic's mesh. */
  readonly degree: number
  /** Which honest hosts hold each topic. */
  readonly topics: ReadonlyMap<TopicKind, readonly HostId[]>
  readonly link: LinkOptions
  readonly delays: EffectDelays
  readonly batchMax: number
  readonly gossipIdsMin: number
  /** Bytes under check from one peer before the host stops to read from it; see `MachineOptions`. */
  readonly pendingBytesPerPeerMax: number
  readonly publishes: readonly PlannedPublish[]
  readonly faults: readonly Fault[]
  /** Topics are lossless: hosts have disks and reconcile. */
  readonly lossless?: LosslessPlan
}

/** What goes wrong with a disk, and when. */
export type DiskFault =
  /** It is full for a time. */
  | { readonly type: 'full'; readonly at: Millis; readonly host: HostId; readonly lastsMs: Millis }
  /** Some of its records go bad. */
  | { readonly type: 'damage'; readonly at: Millis; readonly host: HostId; readonly count: number }
  /** It lets go of what is older than `ageMs`: of a topic, or of one author there. */
  | {
      readonly type: 'floor'
      readonly at: Millis
      readonly host: HostId
      readonly topic: TopicKind
      readonly ageMs: Millis
      readonly author?: HostId
    }

/** What a run of lossless topics is beside gossip. */
export interface LosslessPlan {
  /** Hosts that take part in reconciliation and lie, named y0, y1 …. */
  readonly liars: number
  /** How far the clock of each honest host is ahead. */
  readonly skewsMs: readonly Millis[]
  readonly disk: DiskDelays
  readonly diskFaults: readonly DiskFault[]
  readonly reconcileIntervalMs: Millis
  /** Memory for messages of others that wait for the disk; see `MachineOptions`. */
  readonly storeBytesMax: number
  /** Until a host hears that a link came or went, at most. */
  readonly noticeMs: Millis
  /** From here on hosts stay up, links and disks work, and nobody publishes. */
  readonly quietAt: Millis
  /** Links from then on. */
  readonly quietLink: LinkOptions
}

/** The names of a plan's honest hosts. */
export const honestNames = (hosts: number): HostId[] => Array.from({ length: hosts }, (_, index) => `h${index}`)

/** First bytes of a payload with which checks and judges find fault; the rest is good. */
const fault = { reject: 0xe0, ignore: 0xd0, error: 0xc0, timeout: 0xb0, defer: 0xa0, schema: 0xf0, checkThrows: 0xf8 }

/** The rules of a kind of topic, the same on every host. Its judge is {@link judgeMessage}. */
export function rulesOf(
  kind: TopicKind,
  networkId: Uint8Array,
  sha256: Sha256,
  delivery: TopicRules['delivery'] = 'best-effort',
): TopicRules {
  return {
    name: kind,
    wireName: wireTopic(networkId, kind),
    format: kind === 'raw' ? 'raw' : 'envelope',
    messageBytesMax: 8_000,
    judged: kind === 'judged' || kind === 'chained',
    delivery,
    authorRateMax: kind === 'limited' ? 5 : Infinity,
    ...(isByContent(kind) && { contentId: (payload: Uint8Array) => sha256(payload) }),
    ...(kind === 'checked' && { check: checkPayload }),
  }
}

/** Whether ids of a topic come from content. */
export const isByContent = (kind: string): boolean => kind === 'content' || kind === 'raw' || kind === 'chained'

/** First byte of a chained payload that names the id of another in the 32 bytes behind it. */
export const chainedMark = 0x01

/** A validator that goes by the first byte, or on a chained topic by whether the host has what the message names. */
export function judgeMessage({ payload, topic }: Message, holds: (id: Uint8Array) => boolean): Judgement {
  if (topic === 'chained') {
    const parent = payload.slice(1, 33)
    const isFree = payload[0] !== chainedMark || parent.length < 32 || holds(parent)
    return isFree ? { verdict: 'accept' } : { verdict: 'defer', waitFor: [parent] }
  }
  switch ((payload[0] ?? 0) & 0xf0) {
    case fault.reject:
      return { verdict: 'reject', reason: 'the first byte' }
    case fault.ignore:
      return { verdict: 'ignore' }
    case fault.error:
      return { verdict: 'defer', failed: 'error' }
    case fault.timeout:
      return { verdict: 'ignore', failed: 'timeout' }
    case fault.defer:
      return { verdict: 'defer' }
    default:
      return { verdict: 'accept' }
  }
}

function checkPayload(payload: Uint8Array): string | undefined {
  const first = payload[0] ?? 0
  if (first >= fault.checkThrows) throw new RangeError('a check that fails')
  return first >= fault.schema ? 'the first byte' : undefined
}
