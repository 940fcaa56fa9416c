/** The receiving process of a benchmark: `receiver.ts HOME TICKET TOPIC [best-effort]`; each number sent to it is a count to await. */
import { createNode } from '@grapevine/node'

/** What the receiver saw of the messages that it awaited. */
export interface Received {
  /** From the stamp in the payload to delivery, in ms, one each. */
  readonly latencies: readonly number[]
  /** CPU time of this process meanwhile, in µs. */
  readonly cpuMicros: number
}

const [home, ticket, topic, delivery] = process.argv.slice(2)
const node = await createNode({ home: home!, ticket: ticket!, listen: ['/ip4/127.0.0.1/tcp/0'], control: false })
if (delivery === 'best-effort') await node.hold({ name: topic!, delivery })
let latencies: number[] = []
let wanted = 0
let cpu = process.cpuUsage()

function report(): void {
  if (wanted === 0 || latencies.length < wanted) return
  const { user, system } = process.cpuUsage(cpu)
  process.send!({ latencies: latencies.slice(0, wanted), cpuMicros: user + system } satisfies Received)
  wanted = 0
  latencies = []
}

process.on('message', (count: number) => {
  wanted = count
  cpu = process.cpuUsage()
  report()
})
process.on('disconnect', () => void node.stop())

const messages = node.messages([topic!])
process.send!('ready')
for await (const item of messages) {
  if ('gap' in item) throw new Error('the receiver was too slow')
  const { payload } = item
  const sentAt = new DataView(payload.buffer, payload.byteOffset, payload.byteLength).getFloat64(0, true)
  latencies.push(performance.timeOrigin + performance.now() - sentAt)
  report()
}
