import { claimControlSocket } from './home/socket-path.ts'
import { beginEpoch } from './home/epoch.ts'
import { readIdentity } from './home/identity.ts'
import { createNetwork, initHome, joinNetwork, requireNetwork } from './home/index.ts'
import { lockHome } from './home/lock.ts'
import { loadNetwork } from './home/network.ts'
import { listenAddresses, readSettings, writeSettings } from './home/settings.ts'
import { startControl } from './control/server.ts'
import { Node, type NodeParts } from './node.ts'
import type { Topic } from './topic/topic.ts'

/** Options of {@link createNode}. */
export interface NodeOptions {
  /** Folder of the node; made if it is missing. One home, one node, one network. */
  readonly home: string
  /** A name for people. */
  readonly name?: string
  /** Join this network if the home is in none; a second ticket of the same network adds addresses. */
  readonly ticket?: string
  /** Make a network of this name if the home is in none. */
  readonly network?: string
  /** Multiaddrs to listen on. Default: what the home remembers, else every address of the machine on its saved port. */
  readonly listen?: readonly string[]
  /** Multiaddrs under which others reach this node, if it cannot know them. */
  readonly announce?: readonly string[]
  /** Topics with rules of their own; held from the start. */
  readonly topics?: readonly Topic[]
  /** Messages per envelope at most, 1 to 1024; 1 turns batching off. */
  readonly batchMax?: number
  /** Serve the control API on the home's socket, so that the command line works on this node. Default true. */
  readonly control?: boolean
  readonly logger?: NonNullable<NodeParts['logger']>
  readonly transports?: NonNullable<NodeParts['transports']>
  readonly onTwin?: NonNullable<NodeParts['onTwin']>
  /** Called when a client of the control API asks the node to stop, after it has. */
  readonly onStopped?: () => void
}

/**
 * Opens a home and starts its node. Errors: `identity`, `home`, `no-network`, `other-network`, `running`, `listen`,
 * `usage` (ticket, names).
 */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { home } = options
  await initHome(home, { name: options.name })
  if (options.ticket !== undefined) await joinNetwork(home, options.ticket)
  else if (options.network !== undefined && loadNetwork(home) === undefined)
    await createNetwork(home, { name: options.network })
  const network = requireNetwork(home)
  const identity = readIdentity(home)!
  const lock = await lockHome(home)
  try {
    const settings = remember(home, options)
    const node = await Node.start({
      home,
      identity,
      network,
      settings,
      listen: listenAddresses(settings),
      announce: settings.announce ?? [],
      epoch: beginEpoch(home, Date.now()),
      topics: options.topics ?? [],
      ...(options.batchMax !== undefined && { batchMax: options.batchMax }),
      ...(options.transports && { transports: options.transports }),
      ...(options.logger && { logger: options.logger }),
      ...(options.onTwin && { onTwin: options.onTwin }),
    })
    return options.control === false
      ? whenStopped(node, async () => lock.release())
      : await withControl(node, options, lock)
  } catch (error) {
    lock.release()
    throw error
  }
}

async function withControl(node: Node, options: NodeOptions, lock: { release(): void }): Promise<Node> {
  try {
    const socketPath = claimControlSocket(options.home, process.env)
    const control = await startControl(node, {
      socketPath,
      onStop: () => void node.stop().then(() => options.onStopped?.()),
    })
    return whenStopped(node, async () => {
      await control.close()
      lock.release()
    })
  } catch (error) {
    await node.stop()
    throw error
  }
}

/** Makes `stop` take the rest down too, once. */
function whenStopped(node: Node, after: () => Promise<void>): Node {
  const stop = node.stop.bind(node)
  let stopped: Promise<void> | undefined
  node.stop = () => (stopped ??= stop().then(after))
  return node
}

function remember(home: string, options: NodeOptions): NonNullable<ReturnType<typeof readSettings>> {
  const saved = readSettings(home)!
  const settings = {
    ...saved,
    ...(options.name !== undefined && { name: options.name }),
    ...(options.listen && { listen: options.listen }),
    ...(options.announce && { announce: options.announce }),
  }
  if (JSON.stringify(settings) !== JSON.stringify(saved)) writeSettings(home, settings)
  return settings
}
