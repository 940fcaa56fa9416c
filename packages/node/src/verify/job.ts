/** One signature to check. */
export interface VerifyJob {
  /** Ed25519 public key, 32 bytes. */
  readonly author: Uint8Array
  /** 64 bytes. */
  readonly signature: Uint8Array
  readonly message: Uint8Array
}

const headSize = 4 + 32 + 64

/** Jobs in one buffer, to be transferred: for each, message length (u32), author, signature, message. */
export function packJobs(jobs: readonly VerifyJob[]): ArrayBuffer {
  let size = 0
  for (const { message } of jobs) size += headSize + message.length
  const bytes = new Uint8Array(size)
  const view = new DataView(bytes.buffer)
  let at = 0
  for (const { author, signature, message } of jobs) {
    view.setUint32(at, message.length)
    bytes.set(author, at + 4)
    bytes.set(signature, at + 36)
    bytes.set(message, at + headSize)
    at += headSize + message.length
  }
  return bytes.buffer
}

/** The jobs in a buffer, as views of it. */
export function* unpackJobs(buffer: ArrayBuffer): Generator<VerifyJob> {
  const view = new DataView(buffer)
  for (let at = 0; at < buffer.byteLength;) {
    const length = view.getUint32(at)
    yield {
      author: new Uint8Array(buffer, at + 4, 32),
      signature: new Uint8Array(buffer, at + 36, 64),
      message: new Uint8Array(buffer, at + headSize, length),
    }
    at += headSize + length
  }
}
