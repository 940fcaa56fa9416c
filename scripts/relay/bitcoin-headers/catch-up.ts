import type { RelayContext } from '@grapevine/node/relay'
import type { LineInput } from '@grapevine/protocol/control'
import type { HeaderChain } from './header-chain.ts'
import { headerSize } from './header.ts'

/** Headers in one answer: as many as fit into 16 KiB. */
const headersMax = 200
/** Hashes of a locator that are read. */
const locatorMax = 64
/** Answers that are taken from one member before another one is asked. */
const roundsMax = 1_000

/** The name under which relays ask each other: its body is a locator, a hash in hex a line, and the answer headers in order. */
const queryOf = (topic: string): string => `headers/${topic}`

/** Answers members that ask what comes behind their chain, until the relay is to stop. */
export async function serveHeaders(chain: HeaderChain, relay: RelayContext, topic: string): Promise<void> {
  const { client, signal } = relay
  let responder = ''
  try {
    for await (const item of client.stream('respond', { name: queryOf(topic) }, { signal })) {
      if (item.type === 'responding') {
        responder = item.responder
        continue
      }
      const locator = (item.text ?? '').split('\n').slice(0, locatorMax)
      const body = chain.after(locator, headersMax)
      await client.call('respondAnswer', { responder, query: item.query }, { body })
      relay.count('headers served', body.length / headerSize)
    }
  } catch (error) {
    if (!signal.aborted) relay.log.warn('nobody is answered any more', { error: String(error) })
  }
}

/**
 * Headers first: asks a member that holds the topic for what comes behind this chain, and publishes it in order, so that each
 * header finds its parent. What is published is judged like any other, and is the same message, whoever says it.
 */
export async function askForHeaders(chain: HeaderChain, relay: RelayContext, topic: string): Promise<void> {
  const { client, signal } = relay
  const members = await client.call('members', { status: ['alive'] })
  const others = members.filter(({ self, connected, topics }) => self !== true && connected && topics.includes(topic))
  const peer = others[Math.floor(Math.random() * others.length)]?.peerId
  if (peer === undefined) return
  for (let round = 0; round < roundsMax && !signal.aborted; round++) {
    const body = Buffer.from(chain.locator().join('\n'))
    const answer = await client.call('request', { peer, name: queryOf(topic) }, { body, signal }).catch(() => undefined)
    const bytes = Buffer.from(answer?.base64 ?? answer?.text ?? '', answer?.text === undefined ? 'base64' : 'utf8')
    if (bytes.length === 0 || bytes.length % headerSize !== 0) return
    const before = chain.tip.id
    for await (const _ of client.stream('publishLines', { topic }, { body: linesOf(bytes), signal })) continue
    relay.count('headers asked for', bytes.length / headerSize)
    if (chain.tip.id === before) return
  }
}

async function* linesOf(headers: Buffer): AsyncGenerator<LineInput, void, undefined> {
  for (let at = 0; at < headers.length; at += headerSize)
    yield { base64: headers.subarray(at, at + headerSize).toString('base64') }
}
