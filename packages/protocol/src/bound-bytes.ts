import { argumentError } from './error.ts'
import { encodeUtf8 } from './text.ts'
import { varintSize, WireWriter } from './wire.ts'

/** What a signature is bound to, beside its purpose. */
export interface Binding {
  /** 32 bytes. */
  readonly networkId: Uint8Array
  /** The plain name, not the wire topic. */
  readonly topic: string
  /** What is said. */
  readonly bytes: Uint8Array
}

/**
 * Bytes to sign: domain string, network id, topic in UTF-8 and what is said, each after its length as a varint, in the
 * manner of libp2p's signed envelopes (RFC 0002), so that a signature holds for one network, one topic and one purpose
 * only. Throws `argument` for a network id of another length and `not-unicode` for a topic with a lone surrogate.
 */
export function boundBytes(domain: Uint8Array, { networkId, topic, bytes }: Binding): Uint8Array {
  if (networkId.length !== 32) throw argumentError('networkId', '32 bytes', `${networkId.length} bytes`)
  const parts = [domain, networkId, encodeUtf8(topic), bytes]
  let size = 0
  for (const part of parts) size += varintSize(part.length) + part.length
  const writer = new WireWriter(size)
  for (const part of parts) writer.delimited(part)
  return writer.finish()
}
