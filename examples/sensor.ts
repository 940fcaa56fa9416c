// Sensors and who watches them, with a zod schema that both sides check.
//   node examples/sensor.ts watch             prints a ticket, then the readings
//   node examples/sensor.ts kitchen TICKET    says a temperature every second
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { createNode, defineTopic, type NodeError } from '@grapevine/node'
import { z } from 'zod'

const [sensor = 'watch', ticket, count = 'Infinity'] = process.argv.slice(2)

const readings = defineTopic({
  name: 'sensors/temperature',
  payload: z.object({ sensor: z.string().max(32), celsius: z.number().min(-90).max(60), at: z.iso.datetime() }),
  // Rules beyond the shape. Ignore is for what is nobody's fault: a clock may be wrong, a message late.
  validate: ({ value }) =>
    Math.abs(Date.now() - Date.parse(value.at)) < 60_000
      ? 'accept'
      : { verdict: 'ignore', reason: 'not of this minute' },
})

const home = mkdtempSync(join(tmpdir(), 'sensor-'))
// Without `listen`, other machines reach it too.
const listen = ['/ip4/127.0.0.1/tcp/0']
const node = await createNode({ home, listen, topics: [readings], ...(ticket ? { ticket } : { network: 'home' }) })
process.once('SIGTERM', () => void node.stop())
const topic = node.topic(readings)

if (ticket === undefined) {
  console.log(`sensors join with: ${node.ticket()}`)
  // `value` has the type of the schema.
  for await (const item of topic.subscribe()) if ('value' in item) console.log(item.value.sensor, item.value.celsius)
} else {
  for (let number = 1; number <= Number(count); number++) {
    const celsius = Math.round(200 + 10 * Math.sin(number)) / 10
    await topic.publish({ sensor, celsius, at: new Date().toISOString() }, { waitPeers: 1 })
    if (number < Number(count)) await delay(1_000)
  }
  // What breaks the rules does not leave this node.
  await topic
    .publish({ sensor, celsius: 1_000, at: '' })
    .catch((error: NodeError) => console.log(error.code, error.message))
  await node.stop()
}
rmSync(home, { recursive: true })
