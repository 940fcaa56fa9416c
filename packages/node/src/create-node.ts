import type { Dialect } from '@grapevine/protocol'
import { endpointOf } from './config/value.ts'
import { loadConfig } from './config/load.ts'
import type { Config } from './config/option.ts'
import { startControl } from './control/server.ts'
import { NodeError } from './error.ts'
import { apiToken } from './home/api-token.ts'
import { beginEpoch, endEpoch } from './home/epoch.ts'
import { readIdentity } from './home/identity.ts'
import { createNetwork, initHome, joinNetwork, joinPubsub, requireNetwork } from './home/index.ts'
import { lockHome } from './home/lock.ts'
import { loadNetwork } from './home/network.ts'
import { everyAddress, lasting, readSettings, updateSettings } from './home/settings.ts'
import { claimControlSocket, releaseControlSocket } from './home/socket-path.ts'
import { Log } from './log/log.ts'
import { Node } from './node.ts'
import { recorderOf } from './recording/open.ts'
import type { NodeParts } from './node-parts.ts'
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
  /** Of `network`, if there is no ticket. `pubsub`: a network of others, which {@link peers} are in. */
  readonly dialect?: Dialect
  /** Multiaddrs with peer id of peers in a network of dialect `pubsub`; added to those that the home knows. */
  readonly peers?: readonly string[]
  /** Multiaddrs to listen on in this run; none: dial only. Default: as configured, else every address on the saved port. */
  readonly listen?: readonly string[]
  /** Multiaddrs under which others reach this node, if it cannot know them. */
  readonly announce?: readonly string[]
  /** Topics with rules of their own; held from the start. */
  readonly topics?: readonly Topic[]
  /** Messages per envelope at most, 1 to 1024; 1 turns batching off. */
  readonly batchMax?: number
  /** Options of this run, by their names in docs/configuration.md; the others are those of the home's config.toml. */
  readonly config?: Partial<Config>
  /** Serve the control API on the home's socket, so that the command line works on this node. Default true. */
  readonly control?: boolean
  /** Takes the log in place of the home's `node.log`. */
  readonly log?: Log
  readonly transports?: NonNullable<NodeParts['transports']>
  readonly onTwin?: NonNullable<NodeParts['onTwin']>
  /** Called when a client of the control API asks the node to stop, after it has. */
  readonly onStopped?: () => void
}

/**
 * Opens a home and starts its node. Errors: `identity`, `home`, `disk`, `config`, `no-network`, `other-network`,
 * `running`, `listen`, `usage` (ticket, names).
 */
export async function createNode(options: NodeOptions): Promise<Node> {
  const { home } = options
  await initHome(home, { name: options.name })
  if (options.ticket !== undefined) await joinNetwork(home, options.ticket)
  else if (options.dialect === 'pubsub') await joinPubsub(home, { name: options.network, peers: options.peers ?? [] })
  else if (options.network !== undefined && loadNetwork(home) === undefined)
    await createNetwork(home, { name: options.network })
  const { config } = loadConfig(home, { flags: flagsOf(options) })
  const lock = await lockHome(home)
  const log = options.log ?? new Log({ home, level: config['log.level'] })
  const end = (): void => {
    if (options.log === undefined) log.close()
    releaseControlSocket(home)
    lock.release()
  }
  try {
    return await start({ options, config, log, end })
  } catch (error) {
    // The caller tells of it; this is for whoever looks later.
    const reason = error instanceof NodeError ? { code: error.code, reason: error.message } : { error }
    log.part('node').info('did not start', reason)
    end()
    throw error
  }
}

interface Start {
  readonly options: NodeOptions
  readonly config: Config
  readonly log: Log
  /** Lets go of what outlives the node. */
  readonly end: () => void
}

async function start({ options, config, log, end }: Start): Promise<Node> {
  const { home } = options
  const saved = readSettings(home)!
  const settings = options.name === undefined ? saved : updateSettings(home, { name: options.name })
  const listen = options.listen ?? (config.listen.length > 0 ? config.listen : everyAddress(settings.port))
  const epoch = beginEpoch(home, Date.now())
  const made = { home, identity: readIdentity(home)!, network: requireNetwork(home), settings, config, log, epoch }
  const recorder = recorderOf(made)
  const node = await Node.start({
    ...made,
    recorder,
    listen,
    announce: config.announce,
    topics: options.topics ?? [],
    ...(options.transports && { transports: options.transports }),
    ...(options.onTwin && { onTwin: options.onTwin }),
  }).catch(async (error: unknown) => {
    await recorder?.close()
    throw error
  })
  try {
    // Only now: tickets must not name an address that could not be had.
    updateSettings(home, { listened: lasting(listen), announced: config.announce })
    const control = options.control === false ? undefined : await serve(node, options, config, log)
    const stopped = async (): Promise<void> => {
      await recorder?.close()
      endLife(home, epoch, log, end)
    }
    return whenStopped(node, { before: async () => control?.close(), after: stopped })
  } catch (error) {
    await node.stop()
    await recorder?.close()
    throw error
  }
}

/** A full disk must not keep the home locked: the epoch on disk is then that of the start, which is safe. */
function endLife(home: string, epoch: number, log: Log, end: () => void): void {
  try {
    endEpoch(home, epoch, Date.now())
  } catch (error) {
    log.part('node').warn('the end of this life could not be noted', { error })
  } finally {
    end()
  }
}

function serve(node: Node, options: NodeOptions, config: Config, log: Log): ReturnType<typeof startControl> {
  const tcp = endpointOf(config['api.tcp'])
  const part = log.part('control')
  return startControl(node, {
    socketPath: claimControlSocket(options.home, process.env),
    ...(tcp && { tcp: { ...tcp, token: apiToken(options.home) } }),
    onStop: () => void node.stop().then(() => options.onStopped?.()),
    onError: (error) => part.error('a request failed', { error }),
  })
}

/** Makes `stop` take the rest down too, once: first whoever still waits for answers, last what outlives the node. */
function whenStopped(node: Node, rest: { before(): Promise<unknown>; after(): Promise<void> }): Node {
  const stop = node.stop.bind(node)
  let stopped: Promise<void> | undefined
  const stopAll = async (): Promise<void> => {
    const drained = node.drain()
    try {
      await rest.before()
      await drained
      await stop()
    } finally {
      // Whatever fails, the home must not stay locked, nor the log unwritten.
      await rest.after()
    }
  }
  node.stop = () => (stopped ??= stopAll())
  return node
}

/** What the caller says in this run. */
function flagsOf({ listen, announce, batchMax, config, transports }: NodeOptions): Partial<Config> {
  return {
    ...config,
    // Transports of the program have addresses of their own kind.
    ...(listen && transports === undefined && { listen }),
    ...(announce && { announce }),
    ...(batchMax !== undefined && { 'batch.max': batchMax }),
  }
}
