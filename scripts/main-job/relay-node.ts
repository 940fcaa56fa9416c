import { rmdirSync, rmSync } from 'node:fs'
import { dirname } from 'node:path'
import { createNode, type Node } from '@grapevine/node'
import { blockTopics } from './block-topics.ts'
import { RelayCounts } from './relay-counts.ts'
import { loadTopic, now, type Orders, type RelayEvent, type Reply, type Request } from './relay-order.ts'

// One node of the main job, in a process of its own: does what its parent orders over IPC.

type Handlers = {
  readonly [Name in keyof Orders]: (input: Orders[Name]['input']) => Promise<Orders[Name]['answer']>
}

/** Publishes of small messages on their way at once; what gathers meanwhile shares an envelope and its signature. */
const loadWindow = 64

const pollMs = 10

let node: Node | undefined
let home: string | undefined

/** What a parent that is gone does not take is nobody's loss; without the callback it would end this process. */
const reply = (message: Reply): void => void process.send?.(message, () => undefined)
const tell = (event: RelayEvent): void => reply({ event })
const counts = new RelayCounts(tell)

const handlers: Handlers = {
  async start(input) {
    home = input.home
    node = await createNode({ ...input, listen: ['/ip4/127.0.0.1/tcp/0'], topics: blockTopics })
    void counts.follow(node.messages([...blockTopics.map(({ name }) => name), loadTopic]))
    return { peerId: node.peerId, ticket: node.ticket() }
  },
  async connected({ neighbours }) {
    const isReady = (): boolean =>
      running()
        .topics()
        .every(({ mesh }) => mesh >= neighbours)
    while (!isReady()) await new Promise((resolve) => setTimeout(resolve, pollMs))
  },
  async publish({ parts }) {
    const startedAt: Record<string, number> = {}
    let known = 0
    await Promise.all(
      parts.map(async ({ topic, payload }) => {
        const at = now()
        const { id, state } = await running().publish(topic, payload)
        startedAt[id] = at
        if (state === 'duplicate') known++
      }),
    )
    return { startedAt, known }
  },
  async load({ count, total }) {
    counts.expectLoad(total)
    const { name } = running().status()
    const startedAt = now()
    let [started, published] = [0, 0]
    const publisher = async (): Promise<void> => {
      while (started < count) {
        started++
        await running().publish(loadTopic, smallMessage(`message ${started} of ${count} from ${name}`))
        published++
      }
    }
    await Promise.all(Array.from({ length: loadWindow }, publisher))
    return { startedAt, count: published }
  },
  report: async () => ({ counters: running().status().counters, ...counts.summary() }),
  digest: async () => counts.digest(),
  why: async ({ id }) => running().why(id),
  async say({ text }) {
    await running().publish(loadTopic, Buffer.from(text))
  },
  async stop() {
    await node?.stop()
    home = undefined
  },
}

function running(): Node {
  if (node === undefined) throw new Error('the node has not started')
  return node
}

/** 100 bytes, so that the rate means something; readable, for those who subscribe. */
const smallMessage = (text: string): Uint8Array => Buffer.from(`${text} `.padEnd(100, '.'))

async function carryOut({ ref, order, input }: Request): Promise<void> {
  try {
    const handler = handlers[order] as (input: unknown) => Promise<unknown>
    reply({ ref, answer: await handler(input) })
  } catch (error) {
    reply({ ref, error: error instanceof Error ? error.message : String(error) })
  }
  if (order === 'stop') process.disconnect()
}

/** Without its parent a node has no reason to stay: it takes its home along, and the folder around if it is the last. */
async function end(): Promise<void> {
  await node?.stop()
  if (home !== undefined) {
    rmSync(home, { recursive: true, force: true })
    try {
      rmdirSync(dirname(home))
    } catch {
      // Other nodes still have their homes in it.
    }
  }
  process.exit()
}

// A terminal's Ctrl-C reaches the whole group of processes: only the parent decides when its nodes stop.
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(signal, () => undefined)
process.on('disconnect', () => void end())
process.on('message', (request: Request) => void carryOut(request))
