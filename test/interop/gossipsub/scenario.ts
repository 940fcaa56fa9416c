import type { Instruction, Params } from './instruction.ts'

const only = (nodeID: number, instruction: Instruction): Instruction => ({
  type: 'ifNodeIDEquals',
  nodeID,
  instruction,
})

const each = (nodes: number, make: (node: number) => Instruction): Instruction[] =>
  Array.from({ length: nodes }, (_, node) => only(node, make(node)))

/** Heartbeats that do not all come at once. */
const init = (nodes: number): Instruction[] =>
  each(nodes, (node) => ({
    type: 'initGossipSub',
    gossipSubParams: { HeartbeatInitialDelay: 100e6 + 0.1e6 * (node + 1) },
  }))

/** The timetable of a scenario. */
export interface Timing {
  /** When the mesh has formed. */
  readonly startSeconds: number
  /** For what is under way at last. */
  readonly flushSeconds: number
}

/** Who publishes a message of {@link subnetBlob}. */
export const authorOf = (messageID: number, nodes: number): number => (messageID * 5) % nodes

/** The scenario subnet-blob-msg, made small: three connections from each node, and messages of 96 KiB within three seconds. */
export function subnetBlob(nodes: number, messages: number, { startSeconds, flushSeconds }: Timing): Params {
  const topicID = 'a-subnet'
  const publishSeconds = 3
  const second = (messageID: number): number => startSeconds + Math.floor((messageID * publishSeconds) / messages)
  return {
    script: [
      ...init(nodes),
      { type: 'setTopicValidationDelay', topicID, delaySeconds: 0.005 },
      ...each(nodes, (node) => ({ type: 'connect', connectTo: [1, 2, 3].map((step) => (node + step) % nodes) })),
      { type: 'subscribeToTopic', topicID },
      ...Array.from({ length: messages }, (_, messageID): Instruction[] => [
        { type: 'waitUntil', elapsedSeconds: second(messageID) },
        only(authorOf(messageID, nodes), { type: 'publish', messageID, messageSizeBytes: 2 * 1_024 * 48, topicID }),
      ]).flat(),
      { type: 'waitUntil', elapsedSeconds: startSeconds + publishSeconds + flushSeconds },
    ],
  }
}

/** The scenario partial-messages-chain, made small: a line of nodes, over which the eight parts of each group are spread. */
export function partialChain(nodes: number, groups: number, { startSeconds, flushSeconds }: Timing): Params {
  const topicID = 'partial-msg-chain'
  const parts = 8
  const ids = Array.from({ length: groups }, (_, groupID) => groupID)
  return {
    script: [
      ...init(nodes),
      ...each(nodes - 1, (node) => ({ type: 'connect', connectTo: [node + 1] })),
      { type: 'subscribeToTopic', topicID, partial: true },
      { type: 'waitUntil', elapsedSeconds: startSeconds },
      ...ids.flatMap((groupID) =>
        Array.from({ length: nodes }, (_, node) => {
          const bits = Array.from({ length: parts }, (_part, part) =>
            (groupID * parts + part) % nodes === node ? 1 << part : 0,
          )
          const mine = bits.reduce((sum, bit) => sum + bit, 0)
          return only(node, { type: 'addPartialMessage', topicID, groupID, parts: mine })
        }),
      ),
      ...ids.map((groupID): Instruction => ({ type: 'publishPartial', topicID, groupID })),
      { type: 'waitUntil', elapsedSeconds: startSeconds + flushSeconds },
    ],
  }
}
