import { resolve } from 'node:path'
import type { NodeParts } from '../node-parts.ts'
import { version } from '../version.ts'
import { Recorder } from './recorder.ts'

/** The recorder that a node's options ask for, if they do. Errors `usage`, `disk`, `home`. */
export function recorderOf({
  home,
  identity,
  network,
  settings,
  config,
  epoch,
  log,
}: Pick<NodeParts, 'home' | 'identity' | 'network' | 'settings' | 'config' | 'epoch' | 'log'>): Recorder | undefined {
  if (config['record.file'] === '') return undefined
  return new Recorder({
    file: resolve(home, config['record.file']),
    bytesMax: config['record.sizeMax'],
    hasActions: config['record.actions'] === 'bytes',
    log: log.part('node'),
    life: {
      version,
      dialect: network.dialect,
      networkId: network.id,
      network: network.name,
      peerId: identity.peerId,
      epoch,
      ...(settings.name !== undefined && { name: settings.name }),
    },
  })
}
