// node --conditions=@grapevine/source participant.ts: our libp2p host as a participant of libp2p's transport tests, told by
// its environment (contract.ts). A dialer ends with 0 after a ping; a listener runs until it is killed.
import { randomBytes } from 'node:crypto'
import { Gossip } from '../../../packages/node/src/gossip/gossip.ts'
import { createHost, type Host } from '../../../packages/node/src/libp2p-host.ts'
import { BlockList } from '../../../packages/node/src/peer/block-list.ts'
import { ping } from '../../../packages/node/src/peer/ping.ts'
import { identityOf } from '../identity.ts'
import { partOf, type Part } from './contract.ts'
import { redis } from './redis.ts'

async function listen({ libp2p }: Host, part: Part, signal: AbortSignal): Promise<void> {
  const addresses = libp2p.getMultiaddrs().map(String)
  const address = addresses.find((text) => !text.startsWith('/ip4/127.')) ?? addresses[0]!
  await redis(part.redis, ['DEL', part.key], signal)
  await redis(part.redis, ['RPUSH', part.key, address], signal)
  console.error(`listening on ${address}`)
}

async function dial({ dial: dialAddress }: Host, part: Part, signal: AbortSignal): Promise<void> {
  const popped = await redis(part.redis, ['BLPOP', part.key, String(part.timeoutMs / 1_000)], signal)
  const address = popped[1]
  if (address === undefined) throw new Error('no listener came')
  console.error(`dialing ${address}`)
  const start = performance.now()
  const connection = await dialAddress(address, signal)
  const first = await ping(connection, signal)
  const handshakePlusOneRtt = Math.round((performance.now() - start) * 1_000) / 1_000
  console.log(part.report({ handshakePlusOneRtt, ping: first }))
}

const part = partOf(process.env)
const timeOut = setTimeout(() => {
  console.error(`not done after ${part.timeoutMs} ms`)
  process.exit(1)
}, part.timeoutMs)
const host = await createHost({
  identity: identityOf(randomBytes(32)),
  listen: part.isDialer ? [] : [`/ip4/${part.listenIp}/tcp/0`],
  gossip: new Gossip({
    onMessage: () => undefined,
    onCopy: () => undefined,
    onSent: () => undefined,
    onSubscribed: () => undefined,
    onGrafted: () => undefined,
    onRepair: () => undefined,
  }),
  blocks: new BlockList(),
})
const signal = AbortSignal.timeout(part.timeoutMs)
if (part.isDialer) {
  await dial(host, part, signal)
  clearTimeout(timeOut)
  await host.libp2p.stop()
} else await listen(host, part, signal)
