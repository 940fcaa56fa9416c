// A chat. In one terminal:   node examples/chat.ts alice
// it prints a ticket; in another:   node examples/chat.ts bob TICKET
// What is typed goes to everybody. With the command line: grapevine sub chat --once --join TICKET
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { createNode, defineTopic } from '@grapevine/node'

const [name = 'somebody', ticket] = process.argv.slice(2)

// A limit of the topic holds for everyone who goes by this definition: whoever breaks it is not heard.
const chat = defineTopic({ name: 'chat', payload: 'text', messageBytesMax: 500, authorRateMax: 5 })

const home = mkdtempSync(join(tmpdir(), 'chat-'))
// Without `listen`, other machines reach it too.
const listen = ['/ip4/127.0.0.1/tcp/0']
const node = await createNode({ home, listen, topics: [chat], ...(ticket ? { ticket } : { network: 'chat' }) })
if (ticket === undefined) console.log(`others join with: ${node.ticket()}`)

const room = node.topic(chat)
const messages = room.subscribe()
void (async () => {
  for await (const message of messages) {
    if ('gap' in message) console.log(`(missed ${message.gap.missed ?? 'some'})`)
    else console.log(message.value)
  }
})()

for await (const line of createInterface({ input: process.stdin })) {
  try {
    const { peers } = await room.publish(`${name}: ${line}`)
    if (peers === 0) console.log('(nobody is here yet)')
  } catch (error) {
    // Over the topic's limits: others would not take it, so it was not sent.
    console.log(`(not sent: ${(error as Error).message})`)
  }
}
await node.stop()
rmSync(home, { recursive: true })
