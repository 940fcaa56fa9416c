import { lookup } from 'node:dns/promises'
import { setTimeout as sleep } from 'node:timers/promises'
import { Gossip } from '../../../packages/node/src/gossip/gossip.ts'
import { createHost, type Host } from '../../../packages/node/src/libp2p-host.ts'
import { BlockList } from '../../../packages/node/src/peer/block-list.ts'
import { nodeIdentity } from './node-identity.ts'
import { PartialExtension } from './partial-extension.ts'
import { PartialMessage } from './partial-message.ts'
import { settingsOf, type GoParameters, type Instruction, type Publish } from './instruction.ts'

const port = 9_000
/** Bytes of a message that are its id. */
const idBytes = 8
const messageBytesMax = 10 << 20

/** How long another node may take to come up, where clocks are real. */
const connectMsMax = 30_000
const dialMsMax = 5_000
const retryMs = 200

interface PlayerOptions {
  /** Where the events of a run go, one JSON line each. */
  readonly say: (msg: string, fields: object) => void
  /** Speaks gossipsub 1.3 too. Not otherwise: @libp2p/gossipsub has IDONTWANT and backoff up to 1.2 only. */
  readonly hasPartial: boolean
}

/** Plays a script of gossipsub-interop with our libp2p host and our gossip, and the message ids that the contract asks for. */
export class Player {
  readonly #node: number
  readonly #options: PlayerOptions
  readonly #delayMs = new Map<string, number>()
  #host: Host | undefined
  #gossip: Gossip | undefined
  #partial: PartialExtension | undefined

  constructor(node: number, options: PlayerOptions) {
    this.#node = node
    this.#options = options
    options.say('PeerID', { id: nodeIdentity(node).peerId, node_id: node })
  }

  /** Carries out one instruction; the next must not begin before it is done. */
  async play(instruction: Instruction): Promise<void> {
    switch (instruction.type) {
      case 'initGossipSub':
        return this.#init(instruction.gossipSubParams)
      case 'connect':
        for (const node of instruction.connectTo) await this.#connect(node)
        return
      case 'ifNodeIDEquals':
        if (instruction.nodeID === this.#node) await this.play(instruction.instruction)
        return
      case 'waitUntil':
        // Zero of performance.now is the start of the process.
        this.#options.say('Waiting', {
          elapsedSeconds: performance.now() / 1_000,
          until: instruction.elapsedSeconds,
        })
        await sleep(Math.max(0, instruction.elapsedSeconds * 1_000 - performance.now()))
        return
      case 'subscribeToTopic':
        if (instruction.partial) this.#parts.request(instruction.topicID)
        this.#running.gossip.subscribe(instruction.topicID)
        return
      case 'setTopicValidationDelay':
        this.#delayMs.set(instruction.topicID, instruction.delaySeconds * 1_000)
        return
      case 'publish':
        return this.#publish(instruction)
      case 'addPartialMessage':
        this.#parts.add(instruction.topicID, PartialMessage.of(instruction.groupID, instruction.parts))
        return
      case 'publishPartial':
        this.#parts.publish(
          instruction.topicID,
          PartialMessage.of(instruction.groupID, 0).id,
          instruction.publishToNodeIDs?.map((node) => nodeIdentity(node).peerId),
        )
        return
    }
  }

  async stop(): Promise<void> {
    this.#gossip?.stop()
    await this.#host?.libp2p.stop()
  }

  get #running(): { host: Host; gossip: Gossip } {
    if (this.#host === undefined || this.#gossip === undefined) throw new Error('initGossipSub has to come first')
    return { host: this.#host, gossip: this.#gossip }
  }

  get #parts(): PartialExtension {
    if (this.#partial === undefined) throw new Error('initGossipSub has to come first')
    return this.#partial
  }

  async #init(parameters: GoParameters): Promise<void> {
    const { settings, ignored } = settingsOf(parameters)
    if (ignored.length > 0) console.error(`not settable here: ${ignored.join(', ')}`)
    const msgIdFn = ({ data }: { data: Uint8Array }): Uint8Array => data.slice(0, idBytes)
    this.#gossip = new Gossip(
      {
        onMessage: (topic, from, id) => {
          this.#received(id, from, topic)
          const accept = (): void => this.#running.gossip.verdict(id, from, 'accept')
          const delayMs = this.#delayMs.get(topic)
          if (delayMs === undefined) accept()
          else setTimeout(accept, delayMs)
        },
        onCopy: (id, from) => this.#received(id, from),
        onSent: () => undefined,
        onSubscribed: () => undefined,
        onGrafted: () => undefined,
        onRepair: (peer) => console.error(`the link to ${peer} was dead`),
      },
      { settings: { ...settings, msgIdFn, maxInboundDataLength: messageBytesMax } },
    )
    if (this.#options.hasPartial) {
      this.#partial = new PartialExtension(this.#gossip, (group) =>
        this.#options.say('All parts received', { 'group id': Number(group) }),
      )
    }
    this.#host = await createHost({
      identity: nodeIdentity(this.#node),
      listen: [`/ip4/0.0.0.0/tcp/${port}`],
      gossip: this.#gossip,
      blocks: new BlockList(),
    })
  }

  async #connect(node: number): Promise<void> {
    const { libp2p, dial } = this.#running.host
    const { address } = await lookup(`node${node}`, 4)
    const { peerId } = nodeIdentity(node)
    for (;;) {
      if (libp2p.getPeers().some((peer) => String(peer) === peerId)) return
      try {
        await dial(`/ip4/${address}/tcp/${port}/p2p/${peerId}`, AbortSignal.timeout(dialMsMax))
      } catch (error) {
        if (performance.now() > connectMsMax) throw error
        await sleep(retryMs)
      }
    }
  }

  async #publish({ topicID, messageID, messageSizeBytes }: Publish): Promise<void> {
    const bytes = Buffer.alloc(messageSizeBytes)
    bytes.writeBigUInt64BE(BigInt(messageID))
    this.#options.say('Publishing', { id: String(messageID), topic: topicID })
    await this.#running.gossip.publish(topicID, bytes)
  }

  #received(id: string, from: string, topic?: string): void {
    this.#options.say('Received Message', { id: BigInt(`0x${id}`).toString(), from, topic })
  }
}
