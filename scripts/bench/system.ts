import { randomBytes } from 'node:crypto'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { buildGoPeer, type ForeignBuild } from '../../test/interop/go-peer.ts'
import { buildRustPeer } from '../../test/interop/rust-peer.ts'
import { packMax } from './measure.ts'

/** One thing that is measured. */
export interface System {
  readonly name: string
  /** Messages that its program puts into one of gossipsub; 1 where the library decides. */
  readonly pack: number
  /** How the nodes of one run are started, in a folder of their own. */
  readonly commands: (folder: string) => (index: number) => readonly string[]
}

/** Ours as it comes, and the one that the others are measured against. */
export const ours = 'Grapevine'
/** Ours with one message an envelope. */
export const oursUnbatched = 'Grapevine, batching off'

/**
 * All systems that can run here; of the others `missing` says why. Builds what has to be built: the first time takes
 * minutes, later ones a second.
 */
export async function systems(missing: (reason: string) => void): Promise<readonly System[]> {
  const foreign = (build: ForeignBuild, list: readonly { name: string; pack: number; args: readonly string[] }[]) => {
    if ('missing' in build) missing(build.missing)
    else return list.map(({ name, pack, args }) => simple(name, [build.command, 'bench', ...args], pack))
    return []
  }
  return [
    grapevine(ours, []),
    grapevine(oursUnbatched, ['--batch-max', '1']),
    grapevine('Grapevine, lossless', ['--lossless']),
    simple('@libp2p/gossipsub', [process.execPath, file('./plain-program.ts')]),
    ...foreign(await buildGoPeer(), [
      { name: 'go-libp2p-pubsub', pack: 1, args: [] },
      { name: `go-libp2p-pubsub, ${packMax} packed`, pack: packMax, args: ['--pack', String(packMax)] },
    ]),
    ...foreign(await buildRustPeer('release'), [{ name: 'rust-libp2p gossipsub', pack: 1, args: [] }]),
  ]
}

const file = (name: string): string => fileURLToPath(new URL(name, import.meta.url))

const simple = (name: string, command: readonly string[], pack = 1): System => ({
  name,
  pack,
  commands: () => () => command,
})

const grapevine = (name: string, args: readonly string[]): System => ({
  name,
  pack: 1,
  commands: (folder) => {
    const network = randomBytes(32).toString('hex')
    const command = [process.execPath, '--conditions=@grapevine/source', file('./our-program.ts')]
    return (index) => [...command, join(folder, String(index)), network, ...args]
  },
})
