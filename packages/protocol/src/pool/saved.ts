import { base64 } from '@scure/base'
import { toHex } from '../bytes.ts'
import { sha256 } from '../id.ts'

/**
 * A line of the file with which a pool survives a restart: a transaction that was taken, or the end of one. What it
 * is, only the relay knows: after a restart it decodes the bytes anew, checks them, and adds them.
 */
export type SavedLine =
  | { readonly type: 'add'; readonly id: string; readonly isLocal: boolean; readonly bytes: Uint8Array }
  | { readonly type: 'drop'; readonly id: string }

/** What a file of such lines comes to. */
export interface SavedPool {
  /** What was added and not dropped, in the order in which it came. */
  readonly kept: readonly (SavedLine & { readonly type: 'add' })[]
  /** Lines that are not whole: the last one after a crash, or others that were damaged. They are left out. */
  readonly damaged: number
  /** All lines. With many more than are kept, it is time to write the file anew. */
  readonly lines: number
}

/**
 * One line, with its end: `add local|peer ID BYTES CHECKSUM` or `drop ID CHECKSUM`; bytes in base64, the checksum is the first 8 hex digits
 * of SHA-256 over what is before it, without the space. Ids with spaces or line ends are written as URIs are.
 */
export function encodeSaved(line: SavedLine): string {
  const id = encodeURIComponent(line.id)
  const text =
    line.type === 'drop' ? `drop ${id}` : `add ${line.isLocal ? 'local' : 'peer'} ${id} ${base64.encode(line.bytes)}`
  return `${text} ${checksumOf(text)}\n`
}

/** Reads a file of such lines, however it was cut or damaged. Never throws. */
export function decodeSaved(text: string): SavedPool {
  const kept = new Map<string, SavedLine & { readonly type: 'add' }>()
  let [lines, damaged] = [0, 0]
  for (const line of text.split('\n')) {
    if (line === '') continue
    lines++
    const saved = decodeLine(line)
    if (saved === undefined) damaged++
    else if (saved.type === 'drop') kept.delete(saved.id)
    else kept.set(saved.id, saved)
  }
  return { kept: [...kept.values()], damaged, lines }
}

function decodeLine(line: string): SavedLine | undefined {
  const end = line.lastIndexOf(' ')
  const text = line.slice(0, Math.max(0, end))
  if (checksumOf(text) !== line.slice(end + 1)) return undefined
  // What bears the checksum was written by `encodeSaved`, but for a line that somebody made.
  try {
    const [type, ...words] = text.split(' ')
    if (type === 'drop' && words.length === 1) return { type, id: decodeURIComponent(words[0]!) }
    const [origin, id, bytes] = words
    if (type !== 'add' || words.length !== 3 || (origin !== 'local' && origin !== 'peer')) return undefined
    return { type, id: decodeURIComponent(id!), isLocal: origin === 'local', bytes: base64.decode(bytes!) }
  } catch {
    return undefined
  }
}

/** Over the code units, two bytes each: a damaged line need not be Unicode. */
function checksumOf(text: string): string {
  const bytes = new Uint8Array(2 * text.length)
  for (let index = 0; index < text.length; index++) {
    const unit = text.charCodeAt(index)
    bytes[2 * index] = unit >> 8
    bytes[2 * index + 1] = unit
  }
  return toHex(sha256(bytes).subarray(0, 4))
}
