/**
 * Relays: scripts that say what is right on their topics and what is to be done with it, run by `grapevine relay run`
 * beside a node, docs/relay.md.
 *
 * @example
 * ```ts
 * import { defineRelay, relayTopic, reject } from '@grapevine/node/relay'
 *
 * export default defineRelay({
 *   name: 'short-words',
 *   topics: [relayTopic({ name: 'words', payload: 'text', validate: ({ size }) => (size <= 10 ? 'accept' : reject('long')) })],
 * })
 * ```
 */
export { type RelayAnswer, ignore, reject, waitFor, waitMs } from './answer.ts'
export {
  defineRelay,
  definitionOf,
  type Relay,
  type RelayContext,
  type RelayMessage,
  type RelayTimer,
  type RelayTopic,
  relayTopic,
} from './relay.ts'
