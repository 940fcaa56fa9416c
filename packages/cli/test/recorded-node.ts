import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createNode, defineTopic, type Node } from '@grapevine/node'
import { sha256 } from '@grapevine/node/signature'

type NodeOptions = Parameters<typeof createNode>[0]

/** A folder with homes and a recording; `close` stops the nodes and removes it. */
export class RecordingSite {
  readonly folder: string = mkdtempSync(join(tmpdir(), 'gv-replay-'))
  readonly file: string = join(this.folder, 'node.rec')
  readonly #nodes: Node[] = []

  async start(name: string, options: Partial<NodeOptions> = {}): Promise<Node> {
    const home = join(this.folder, name)
    const network = options.ticket === undefined ? { network: 'test' } : {}
    const listen = ['/ip4/127.0.0.1/tcp/0']
    const node = await createNode({ home, name, listen, control: false, ...network, ...options })
    this.#nodes.push(node)
    return node
  }

  recorded(name: string, options: Partial<NodeOptions> = {}): Promise<Node> {
    return this.start(name, { ...options, config: { 'record.file': this.file, ...options.config } })
  }

  /** Stops all nodes. */
  async stop(): Promise<void> {
    for (const node of this.#nodes.splice(0)) await node.stop()
  }

  async close(): Promise<void> {
    await this.stop()
    rmSync(this.folder, { recursive: true, force: true })
  }

  /**
   * Two nodes talk, `other` is recorded, and both stop: `a` and `b` come on chat, and it says `c`; on a topic of a program
   * one message is fine, one late, one bad, and one has no id. Returns the ids of `a` and `b`.
   */
  async talk(options: Partial<NodeOptions> = {}): Promise<{ readonly home: string; readonly ids: string[] }> {
    const one = await this.start('one', {
      topics: [defineTopic({ name: 'own', payload: 'text', id: (payload) => sha256(payload).subarray(0, 8) })],
    })
    const other = await this.recorded('other', { ticket: one.ticket(), topics: [ofProgram()], ...options })
    await other.hold('chat')
    for (const topic of ['chat', 'own']) await one.waitForPeers(topic, { waitPeers: 1, timeoutMs: 30_000 })
    const ids: string[] = []
    for (const text of ['a', 'b']) ids.push((await one.publish('chat', Buffer.from(text))).id)
    for (const text of ['fine', 'late', 'bad', 'x without an id']) await one.publish('own', Buffer.from(text))
    await other.publish('chat', Buffer.from('c'))
    await until(() => other.status().counters.delivered >= 5)
    await until(() => (other.status().counters.verdicts.reject ?? 0) >= 2)
    await this.stop()
    return { home: join(this.folder, 'other'), ids }
  }
}

/** Ids by content as only a program has them, and a validator that puts some off. */
const ofProgram = (): ReturnType<typeof defineTopic> => {
  const put = new Set<string>()
  return defineTopic({
    name: 'own',
    id: (payload) => (payload[0] === 0x78 ? undefined : sha256(payload).subarray(0, 8)),
    payload: 'text',
    validate: ({ payload }) => {
      const text = Buffer.from(payload).toString()
      if (text.startsWith('bad')) return { verdict: 'reject', reason: 'it is bad' }
      if (!text.startsWith('late') || put.has(text)) return 'accept'
      put.add(text)
      return { verdict: 'defer', forMs: 20 }
    },
  }) as ReturnType<typeof defineTopic>
}

/** Resolves once a condition holds. */
export async function until(holds: () => boolean): Promise<void> {
  const deadline = performance.now() + 30_000
  while (!holds()) {
    if (performance.now() > deadline) throw new Error('it never held')
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
}
