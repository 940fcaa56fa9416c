import { spawnSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { withFolder } from './with-store.ts'

const program = fileURLToPath(new URL('./full-disk.ts', import.meta.url))

/** Runs a program with a small disk of its own at a place, in a namespace that goes with it. */
function onSmallDisk(place: string, command: string): { readonly status: number | null; readonly stdout: string } {
  const script = `mount -t tmpfs -o size=40m tmpfs "$0" && exec ${command}`
  return spawnSync('unshare', ['--mount', '--map-root-user', 'sh', '-c', script, place], {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'inherit'],
  })
}

const canMount = onSmallDisk('/mnt', 'true').status === 0

test.skipIf(!canMount)(
  'on a full disk appends fail with a clear error, reads and deletions go on, and it recovers by itself',
  { timeout: 300_000 },
  async () => {
    await withFolder(async (path) => {
      const place = path.slice(0, path.lastIndexOf('/'))
      const node = `"${process.execPath}" --conditions=@grapevine/source "${program}" "$0"`
      const { status, stdout } = onSmallDisk(place, node)
      expect(status).toBe(0)
      expect(JSON.parse(stdout)).toEqual({
        refusedWith: ['disk'],
        isQuick: true,
        readWhileFull: true,
        consumerWhileFull: true,
        floorWhileFull: true,
        recovered: true,
        damaged: 0,
        acknowledgedLost: 0,
      })
    })
  },
)
