import { join } from 'node:path'
import { NodeError } from '../error.ts'
import { readIfPresent, replaceFile } from './durable-file.ts'

/**
 * Begins a life of the node: an epoch larger than any before, on disk before this returns. After a crash no sequence
 * can be used again, because the next life has another epoch. `wallMs` guards against a restored old copy of the home.
 */
export function beginEpoch(home: string, wallMs: number): number {
  const path = join(home, 'epoch')
  const text = readIfPresent(path) ?? '0'
  const last = Number(text)
  if (!/^\d+\s*$/.test(text) || !Number.isSafeInteger(last + 1)) {
    throw new NodeError('home', `${path} is damaged`, 'delete it: the clock then gives the next epoch')
  }
  const epoch = Math.max(last + 1, Math.floor(wallMs))
  replaceFile(path, `${epoch}\n`)
  return epoch
}

/**
 * Notes at a clean stop that the life lasted until now. If the clock is then set back, the next life still begins after
 * everything that this one has signed, and does not take its last messages for those of a twin.
 */
export function endEpoch(home: string, epoch: number, wallMs: number): void {
  replaceFile(join(home, 'epoch'), `${Math.max(epoch, Math.floor(wallMs))}\n`)
}
