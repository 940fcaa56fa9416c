// Who has seen the file? Every node answers for its own folder, and the one that is told a name asks all.
//   node examples/ask.ts FOLDER                   begins a network and prints a ticket
//   node examples/ask.ts FOLDER TICKET            joins it
//   node examples/ask.ts FOLDER TICKET FILE       joins it, asks all members for a file, and ends
import { existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { createNode } from '@grapevine/node'

const [folder = '.', ticket, file] = process.argv.slice(2)

const home = mkdtempSync(join(tmpdir(), 'ask-'))
// Without `listen`, other machines reach it too.
const listen = ['/ip4/127.0.0.1/tcp/0']
const node = await createNode({ home, listen, ...(ticket ? { ticket } : { network: 'ask' }) })
process.once('SIGTERM', () => void node.stop())

// Who is asked answers yes or no; what others send is a name of a file, and no path.
const responder = node.queries.respond('has-file')
const answerAll = async (): Promise<void> => {
  for await (const { query, text = '' } of responder) {
    const has = text !== '' && text === basename(text) && existsSync(join(folder, text))
    responder.answer(query, Buffer.from(has ? 'yes' : 'no'))
  }
}

if (file === undefined) {
  console.log(ticket === undefined ? `others join with: ${node.ticket()}` : 'joined')
  await answerAll()
} else {
  void answerAll()
  // Members are known a moment after joining.
  for await (const item of node.members.watch()) if (!('gap' in item) && item.self !== true) break
  for await (const item of node.queries.ask('has-file', Buffer.from(file), { timeoutMs: 2_000 })) {
    if (item.type === 'answer') console.log(`…${item.peer.slice(-6)}: ${item.text}`)
    if (item.type === 'ended') console.log(`${item.answered} of ${item.members} members answered`)
  }
  await node.stop()
}
rmSync(home, { recursive: true })
