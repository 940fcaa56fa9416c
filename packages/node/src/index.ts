/**
 * The Grapevine node as a library.
 *
 * @example
 * ```ts
 * import { createNode } from '@grapevine/node'
 *
 * const node = await createNode({ home: './alice', network: 'demo' })
 * console.log(node.ticket())
 * const subscription = await node.subscribe(['chat'])
 * await node.publish('chat', new TextEncoder().encode('hello'))
 * for await (const message of subscription) console.log(message)
 * ```
 */
export type { ConsumerApi, HistoryApi, NodeApi, PublishOptions, SubscribeOptions, Subscription } from './api.ts'
export type { MemberApi, MemberWatch } from './cluster/member-api.ts'
export type { AskOptions, QueryApi, Responder } from './cluster/query-api.ts'
export type { RoundTripApi } from './cluster/round-trip-api.ts'
export type * from './cluster/state-api.ts'
export type { ReachApi } from './probe/reach-api.ts'
export { createNode, type NodeOptions } from './create-node.ts'
export { NodeError, type NodeErrorCode } from './error.ts'
export type { StartOptions } from './history/start.ts'
export type { MessageStream, ReadMessage } from './history/subscriptions.ts'
export type { Node } from './node.ts'
export type { ValidatorAnswer } from './topic/answer.ts'
export type { ReadOptions, TopicHandle, TopicReader } from './topic/handle.ts'
export { defineTopic, type Topic, type TopicMessage, type TopicOptions, type ValueOf } from './topic/topic.ts'
export type { StandardSchema } from './topic/standard-schema.ts'
