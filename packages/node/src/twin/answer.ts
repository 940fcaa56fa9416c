import { concatBytes, encodeUtf8 } from '@grapevine/protocol'
import { verify } from '../crypto.ts'

/** What a node says of the life that it leads, in reply to a challenge: fresh, and only its key can say it. */
export interface LifeAnswer {
  readonly epoch: number
  /** Wall clock of who answers, µs since 1970. */
  readonly time: number
  /** Ed25519 over {@link lifeBytes}, 64 bytes. */
  readonly signature: Uint8Array
}

export const challengeSize = 32
const answerSize = 8 + 8 + 64

const domain = encodeUtf8('grapevine-life/1\0')

/** What an answer signs: domain ‖ network id ‖ challenge ‖ epoch ‖ time, both as 8 bytes, big-endian. */
export function lifeBytes(networkId: Uint8Array, challenge: Uint8Array, epoch: number, time: number): Uint8Array {
  return concatBytes(domain, networkId, challenge, u64(epoch), u64(time))
}

/** Epoch, time and signature: 80 bytes. */
export function encodeAnswer({ epoch, time, signature }: LifeAnswer): Uint8Array {
  return concatBytes(u64(epoch), u64(time), signature)
}

/** Undefined unless it has the right size, sane numbers, and the signature of `publicKey`. */
export function readAnswer(
  bytes: Uint8Array,
  facts: { readonly networkId: Uint8Array; readonly challenge: Uint8Array; readonly publicKey: Uint8Array },
): LifeAnswer | undefined {
  if (bytes.length !== answerSize) return undefined
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  const epoch = Number(view.getBigUint64(0))
  const time = Number(view.getBigUint64(8))
  if (!Number.isSafeInteger(epoch) || !Number.isSafeInteger(time)) return undefined
  const signature = bytes.slice(16)
  const signed = lifeBytes(facts.networkId, facts.challenge, epoch, time)
  return verify(signed, signature, facts.publicKey) ? { epoch, time, signature } : undefined
}

function u64(value: number): Uint8Array {
  const bytes = new Uint8Array(8)
  new DataView(bytes.buffer).setBigUint64(0, BigInt(value))
  return bytes
}
