import { closeSync, openSync, renameSync, rmSync, statSync, writeSync } from 'node:fs'
import { randomFillSync } from 'node:crypto'

/** What is written at once. */
const pieceBytes = 1 << 20
/** What has to be free beside the reserve before the disk counts as having room again. */
const slackBytes = 1 << 20

/**
 * A file that only takes room, to give it up when the disk is full: then even a DELETE fails, because it has to be
 * written to the WAL first. Random bytes, so that no file system saves them away; not synced, since their room is taken at once.
 */
export class Reserve {
  readonly #path: string
  /** Its size; 0: there is none. */
  readonly bytes: number

  constructor(path: string, bytes: number) {
    this.#path = path
    this.bytes = bytes
  }

  /** Whether the reserve is there. */
  get isThere(): boolean {
    return this.bytes === 0 || statSync(this.#path, { throwIfNoEntry: false })?.size === this.bytes
  }

  /** Makes the reserve if it is not there; returns whether it is now, with some room beside it. */
  make(): boolean {
    if (this.isThere) return true
    const part = `${this.#path}.part`
    try {
      // What stands in its place is too short or from another setting.
      rmSync(this.#path, { force: true })
      fill(part, this.bytes, slackBytes)
      renameSync(part, this.#path)
      return true
    } catch {
      rmSync(part, { force: true })
      return false
    }
  }

  /** Gives the room up. */
  release(): void {
    rmSync(this.#path, { force: true })
  }
}

function fill(path: string, bytes: number, slack: number): void {
  const piece = randomFillSync(new Uint8Array(pieceBytes))
  const write = (to: string, size: number): void => {
    const file = openSync(to, 'w', 0o600)
    try {
      for (let left = size; left > 0; left -= pieceBytes) writeSync(file, piece, 0, Math.min(left, pieceBytes))
    } finally {
      closeSync(file)
    }
  }
  write(path, bytes)
  try {
    write(`${path}.slack`, slack)
  } finally {
    rmSync(`${path}.slack`, { force: true })
  }
}
