import type { GossipOptions } from '../../../packages/node/src/gossip/gossip-events.ts'

type Settings = NonNullable<GossipOptions['settings']>

/**
 * An instruction of gossipsub-interop (github.com/libp2p/test-plans, gossipsub-interop/script_instruction.py). Nodes are
 * numbers from 0.
 */
export type Instruction =
  /** First of all. Names and units of go-libp2p-pubsub: durations in nanoseconds; what is absent is Go's default. */
  | { readonly type: 'initGossipSub'; readonly gossipSubParams: GoParameters }
  | { readonly type: 'connect'; readonly connectTo: readonly number[] }
  | { readonly type: 'ifNodeIDEquals'; readonly nodeID: number; readonly instruction: Instruction }
  /** Since the start of the process; what comes is handled meanwhile. */
  | { readonly type: 'waitUntil'; readonly elapsedSeconds: number }
  | { readonly type: 'subscribeToTopic'; readonly topicID: string; readonly partial?: boolean }
  | { readonly type: 'setTopicValidationDelay'; readonly topicID: string; readonly delaySeconds: number }
  | Publish
  /** `parts` is a bitmap of eight. */
  | { readonly type: 'addPartialMessage'; readonly topicID: string; readonly groupID: number; readonly parts: number }
  | {
      readonly type: 'publishPartial'
      readonly topicID: string
      readonly groupID: number
      readonly publishToNodeIDs?: readonly number[]
    }

/** Exactly so many bytes: the id as an unsigned 64-bit number, big-endian, and zeros. */
export interface Publish {
  readonly type: 'publish'
  readonly messageID: number
  readonly messageSizeBytes: number
  readonly topicID: string
}

/** Whether an instruction is about partial messages. */
export function isPartial(instruction: Instruction): boolean {
  if (instruction.type === 'ifNodeIDEquals') return isPartial(instruction.instruction)
  if (instruction.type === 'subscribeToTopic') return instruction.partial === true
  return instruction.type === 'addPartialMessage' || instruction.type === 'publishPartial'
}

/** The file that `--params` names. */
export interface Params {
  readonly script: readonly Instruction[]
}

/** GossipSubParams of go-libp2p-pubsub 0.19, as far as they can differ from node to node. */
export type GoParameters = Readonly<Partial<Record<keyof typeof settingOf | Without, number>>>

const ms = (nanoseconds: number): number => nanoseconds / 1e6

/** What each is called here, and in which unit. */
const settingOf = {
  D: (D: number) => ({ D }),
  Dlo: (Dlo: number) => ({ Dlo }),
  Dhi: (Dhi: number) => ({ Dhi }),
  Dscore: (Dscore: number) => ({ Dscore }),
  Dout: (Dout: number) => ({ Dout }),
  Dlazy: (Dlazy: number) => ({ Dlazy }),
  HistoryLength: (mcacheLength: number) => ({ mcacheLength }),
  HistoryGossip: (mcacheGossip: number) => ({ mcacheGossip }),
  GossipFactor: (gossipFactor: number) => ({ gossipFactor }),
  HeartbeatInterval: (interval: number) => ({ heartbeatInterval: ms(interval) }),
  FanoutTTL: (ttl: number) => ({ fanoutTTL: ms(ttl) }),
  PrunePeers: (prunePeers: number) => ({ prunePeers }),
  PruneBackoff: (backoff: number) => ({ pruneBackoff: ms(backoff) }),
  UnsubscribeBackoff: (backoff: number) => ({ unsubcribeBackoff: ms(backoff) }),
  DirectConnectTicks: (directConnectTicks: number) => ({ directConnectTicks }),
  OpportunisticGraftTicks: (opportunisticGraftTicks: number) => ({ opportunisticGraftTicks }),
  OpportunisticGraftPeers: (opportunisticGraftPeers: number) => ({ opportunisticGraftPeers }),
  GraftFloodThreshold: (threshold: number) => ({ graftFloodThreshold: ms(threshold) }),
  IWantFollowupTime: (time: number) => ({ gossipsubIWantFollowupMs: ms(time) }),
  MaxIDontWantMessages: (idontwantMaxMessages: number) => ({ idontwantMaxMessages }),
  IDontWantMessageThreshold: (idontwantMinDataSize: number) => ({ idontwantMinDataSize }),
} satisfies Record<string, (value: number) => Settings>

/** Constants in @libp2p/gossipsub, or of machinery that it does not have. */
type Without =
  | 'GossipRetransmission'
  | 'HeartbeatInitialDelay'
  | 'SlowHeartbeatWarning'
  | 'Connectors'
  | 'MaxPendingConnections'
  | 'ConnectionTimeout'
  | 'DirectConnectInitialDelay'
  | 'MaxIHaveLength'
  | 'MaxIHaveMessages'
  | 'MaxIDontWantLength'
  | 'IDontWantMessageTTL'

/** Where Go's default is another than that of @libp2p/gossipsub. */
const goDefaults: GoParameters = { Dlo: 5, IDontWantMessageThreshold: 1_024, MaxIDontWantMessages: 1_000 }

/** Settings for @libp2p/gossipsub, and the names of those that it cannot be given. */
export function settingsOf(parameters: GoParameters): {
  readonly settings: Settings
  readonly ignored: readonly string[]
} {
  const settings: Settings = {}
  const ignored: string[] = []
  for (const [name, value] of Object.entries({ ...goDefaults, ...parameters })) {
    if (name in settingOf) Object.assign(settings, settingOf[name as keyof typeof settingOf](value))
    else ignored.push(name)
  }
  return { settings, ignored }
}
