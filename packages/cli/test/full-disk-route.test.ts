import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, onTestFinished, test } from 'vitest'

const program = fileURLToPath(new URL('./full-disk-route.ts', import.meta.url))

/** Runs a program with a disk of 256 KiB of its own at a place, in a namespace that goes with it. */
const onSmallDisk = (place: string, command: string): { readonly status: number | null; readonly stdout: string } =>
  spawnSync(
    'unshare',
    ['--mount', '--map-root-user', 'sh', '-c', `mount -t tmpfs -o size=256k tmpfs "$0" && exec ${command}`, place],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  )

const canMount = onSmallDisk('/mnt', 'true').status === 0

test.skipIf(!canMount)('a route to a file on a disk that is full for a while writes whole lines, each once', () => {
  const place = mkdtempSync(join(tmpdir(), 'gv-'))
  onTestFinished(() => rmSync(place, { recursive: true }))
  const { stdout } = onSmallDisk(place, `"${process.execPath}" --conditions=@grapevine/source "${program}" "$0"`)
  expect(JSON.parse(stdout)).toEqual(['cut off', 1, 2, 3, ''])
})
