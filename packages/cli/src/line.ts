const newline = 0x0a

/**
 * The lines of a stream of bytes, without their `\n`; a `\r` before it belongs to the line. An empty line is a line, and
 * so is a last one without `\n`. Of a line that is longer, the first `bytesMax` bytes: memory stays bounded.
 */
export async function* readLines(
  chunks: AsyncIterable<Buffer>,
  bytesMax: number,
): AsyncGenerator<Buffer, void, undefined> {
  let parts: Buffer[] = []
  let length = 0
  const hold = (part: Buffer): void => {
    const kept = part.subarray(0, bytesMax - length)
    if (kept.length === 0) return
    parts.push(kept)
    length += kept.length
  }
  let open = false
  for await (const chunk of chunks) {
    let start = 0
    for (let end = chunk.indexOf(newline); end >= 0; end = chunk.indexOf(newline, start)) {
      hold(chunk.subarray(start, end))
      yield parts.length === 1 ? parts[0]! : Buffer.concat(parts, length)
      parts = []
      length = 0
      open = false
      start = end + 1
    }
    if (start === chunk.length) continue
    hold(chunk.subarray(start))
    open = true
  }
  if (open) yield Buffer.concat(parts, length)
}

/** All bytes of a stream, or undefined if there are more than `bytesMax`. */
export async function readWhole(chunks: AsyncIterable<Buffer>, bytesMax: number): Promise<Buffer | undefined> {
  const parts: Buffer[] = []
  let length = 0
  for await (const chunk of chunks) {
    length += chunk.length
    if (length > bytesMax) return undefined
    parts.push(chunk)
  }
  return Buffer.concat(parts, length)
}
