/**
 * Our node in a benchmark: `our-program.ts HOME NETWORK [--batch-max N] [--lossless]`. NETWORK is its id in hex. Best effort
 * unless it says otherwise, as the libraries beside it keep nothing. program.ts says what it does.
 */
import { parseArgs } from 'node:util'
import { createNode } from '@grapevine/node'
import { encodeTicket, fromHex } from '@grapevine/protocol'
import { serve, topic, type Tally } from './program.ts'

const { positionals, values } = parseArgs({
  allowPositionals: true,
  options: { 'batch-max': { type: 'string' }, lossless: { type: 'boolean', default: false } },
})
const [home, network] = positionals
const node = await createNode({
  home: home!,
  // Without addresses: who connects to whom is the measurer's business.
  ticket: encodeTicket({ name: topic, networkId: fromHex(network!)!, dialect: 'grapevine', addresses: [] }),
  listen: ['/ip4/127.0.0.1/tcp/0'],
  control: false,
  config: { 'connections.target': 0 },
  ...(values['batch-max'] !== undefined && { batchMax: Number(values['batch-max']) }),
})

async function follow(messages: ReturnType<typeof node.messages>, tally: Tally): Promise<void> {
  for await (const item of messages) {
    if (!('gap' in item) && item.from !== undefined) tally.take(item.payload)
  }
}

await serve({
  address: node.addresses()[0]!,
  versions: `grapevine ${node.status().version}`,
  dial: (address) => node.peering.connect(address),
  join: async (tally) => {
    await node.hold({ name: topic, delivery: values.lossless ? 'lossless' : 'best-effort' })
    void follow(node.messages([topic]), tally)
  },
  publish: (payload) => node.publish(topic, payload),
  peers: () => node.topics().find((view) => view.topic === topic)?.mesh ?? 0,
  stop: () => node.stop(),
})
