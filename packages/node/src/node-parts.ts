import type { Config } from './config/option.ts'
import type { Identity } from './home/identity.ts'
import type { Network } from './home/network.ts'
import type { Settings } from './home/settings.ts'
import type { HostOptions } from './libp2p-host.ts'
import type { Log } from './log/log.ts'
import type { Recorder } from './recording/recorder.ts'
import type { Topic } from './topic/topic.ts'

/** All that a node is made of, once its home is open. */
export interface NodeParts {
  readonly home: string
  readonly identity: Identity
  readonly network: Network
  readonly settings: Settings
  readonly config: Config
  readonly log: Log
  readonly listen: readonly string[]
  readonly announce: readonly string[]
  readonly epoch: number
  readonly topics: readonly Topic[]
  /** Keeps every event. */
  readonly recorder?: Recorder | undefined
  readonly transports?: NonNullable<HostOptions['transports']>
  /** Called once if another node is seen to run under our identity; this one publishes no more. */
  readonly onTwin?: (toldBy: string) => void
}
