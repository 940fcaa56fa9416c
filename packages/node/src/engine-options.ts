import { randomInt } from 'node:crypto'
import type { MachineOptions } from '@grapevine/protocol'
import { sha256 } from './crypto.ts'
import type { DriverOptions } from './driver.ts'
import type { Config } from './config/option.ts'
import type { Identity } from './home/identity.ts'
import type { Network } from './home/network.ts'
import type { Log } from './log/log.ts'
import type { Recorder } from './recording/recorder.ts'
import type { Archive } from './store/archive.ts'
import type { TopicTable } from './topic/table.ts'

/** What the protocol side of a node needs. */
export interface EngineOptions {
  readonly home: string
  readonly identity: Identity
  readonly network: Network
  readonly epoch: number
  readonly config: Config
  readonly log: Log
  readonly archive: Archive
  readonly recorder?: Recorder | undefined
  /** Another node signs with our key: called for each of its envelopes that comes. */
  readonly onTwin: (from: string) => void
  /** A peer keeps sending what has to be rejected. */
  readonly onMisconduct: (peer: string) => void
}

const machineOptionsOf = ({ identity, network, epoch, config }: EngineOptions): MachineOptions => ({
  networkId: network.id,
  author: identity.publicKey,
  epoch,
  salt: randomInt(2 ** 32 - 1),
  sha256,
  batchMax: config['batch.max'],
  seenMin: config['seen.idsMin'],
  journalBytesMax: config['journal.bytesMax'],
  reconcileIntervalMs: config['reconcile.intervalMs'],
  reconcileBackMs: config['reconcile.backMs'],
  deferMsMax: config['defer.msMax'],
})

/** The driver of a node with these options, with whoever sees its events. */
export function driverOptionsOf(options: EngineOptions, topics: Pick<TopicTable, 'get'>): DriverOptions {
  const machine = machineOptionsOf(options)
  return { machine, witness: options.recorder?.machine(machine, (topic) => topics.get(topic)) }
}
