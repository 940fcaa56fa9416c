import { decodeUtf8, encodeUtf8 } from '../text.ts'
import { Fields } from '../wire-fields.ts'
import { WireReader } from '../wire.ts'
import { bodySizeMax, chunkCount, chunkProofSizeMax, chunkSize } from './chunk-tree.ts'
import type { AskRef } from './fetch-event.ts'

/** Offers in one frame at most, and chunks asked for in one. */
export const offersMax = 256

/** Bytes of an id at most. */
export const offerIdSizeMax = 64

/** Bytes of a frame at most: a chunk with its proof. */
export const fetchFrameSizeMax = 262_656

/** What a peer has. */
export interface Offer {
  /** The chain's or the message's own id, 1 to 64 bytes. */
  readonly id: Uint8Array
  /** Bytes of the body, 1 to `bodySizeMax`. */
  readonly size: number
  /** Of its chunk tree, 32 bytes. */
  readonly root: Uint8Array
}

/** A frame of protocol `/grapevine/fetch/1` (docs/protocol.md). */
export type FetchFrame =
  /** I have these bodies. `topic`: the wire topic, 1 to 256 bytes of UTF-8; 1 to 256 offers. */
  | { readonly type: 'offers'; readonly topic: string; readonly offers: readonly Offer[] }
  /** Send me these chunks: 1 to 256. */
  | {
      readonly type: 'asks'
      readonly asks: readonly { readonly ref: AskRef; readonly root: Uint8Array; readonly index: number }[]
    }
  /** A chunk that was asked for. */
  | { readonly type: 'chunk'; readonly ref: AskRef; readonly bytes: Uint8Array; readonly proof: Uint8Array }
  /** I do not have that chunk, or do not send it now. */
  | { readonly type: 'lacks'; readonly ref: AskRef }

/** A frame in its one form. The caller keeps to the bounds. Throws `not-unicode` for a topic with a lone surrogate. */
export function encodeFetchFrame(frame: FetchFrame): Uint8Array {
  switch (frame.type) {
    case 'offers': {
      const fields = new Fields().bytes(1, encodeUtf8(frame.topic))
      for (const { id, size, root } of frame.offers) {
        fields.bytes(2, new Fields().bytes(1, id).varint(2, size).bytes(3, root).finish())
      }
      return new Fields().bytes(1, fields.finish()).finish()
    }
    case 'asks': {
      const fields = new Fields()
      for (const { ref, root, index } of frame.asks) {
        fields.bytes(1, new Fields().varint(1, ref).bytes(2, root).varint(3, index).finish())
      }
      return new Fields().bytes(2, fields.finish()).finish()
    }
    case 'chunk': {
      const { ref, bytes, proof } = frame
      const chunk = new Fields().varint(1, ref).bytes(2, bytes).optional(3, proof)
      return new Fields().bytes(3, chunk.finish()).finish()
    }
    case 'lacks':
      break
  }
  return new Fields().bytes(4, new Fields().varint(1, frame.ref).finish()).finish()
}

const anySize = { min: 1, max: fetchFrameSizeMax }
const rootRange = { min: 32, max: 32 }
const refMax = 2 ** 32 - 1

/**
 * Reads a frame from a peer. Never throws. Accepts exactly the canonical bytes; undefined for all else. Byte arrays in the result are
 * views of the input. Checks no chunk against its root.
 */
export function decodeFetchFrame(bytes: Uint8Array): FetchFrame | undefined {
  if (bytes.length > fetchFrameSizeMax) return undefined
  const reader = new WireReader(bytes)
  const [offers, asks, chunk, lacks] = [1, 2, 3, 4].map((field) => reader.bytes(field, anySize))
  if (!reader.end() || [offers, asks, chunk, lacks].filter((part) => part !== undefined).length !== 1) return undefined
  if (offers !== undefined) return decodeOffers(new WireReader(offers))
  if (asks !== undefined) return decodeAsks(new WireReader(asks))
  return chunk === undefined ? decodeLacks(new WireReader(lacks!)) : decodeChunk(new WireReader(chunk))
}

function decodeOffers(reader: WireReader): FetchFrame | undefined {
  const topicBytes = reader.bytes(1, { min: 1, max: 256 })
  const parts = reader.repeated(2, anySize, offersMax)
  const topic = topicBytes === undefined ? undefined : decodeUtf8(topicBytes)
  if (!reader.end() || topic === undefined || parts.length === 0) return undefined
  const offers: Offer[] = []
  for (const part of parts) {
    const fields = new WireReader(part)
    const id = fields.bytes(1, { min: 1, max: offerIdSizeMax })
    const size = fields.varint(2, bodySizeMax)
    const root = fields.bytes(3, rootRange)
    if (!fields.end() || id === undefined || size === 0 || root === undefined) return undefined
    offers.push({ id, size, root })
  }
  return { type: 'offers', topic, offers }
}

function decodeAsks(reader: WireReader): FetchFrame | undefined {
  const parts = reader.repeated(1, anySize, offersMax)
  if (!reader.end() || parts.length === 0) return undefined
  const asks: { ref: AskRef; root: Uint8Array; index: number }[] = []
  for (const part of parts) {
    const fields = new WireReader(part)
    const ref = fields.varint(1, refMax)
    const root = fields.bytes(2, rootRange)
    const index = fields.varint(3, chunkCount(bodySizeMax) - 1)
    if (!fields.end() || ref === 0 || root === undefined) return undefined
    asks.push({ ref, root, index })
  }
  return { type: 'asks', asks }
}

function decodeChunk(reader: WireReader): FetchFrame | undefined {
  const ref = reader.varint(1, refMax)
  const bytes = reader.bytes(2, { min: 1, max: chunkSize })
  const proof = reader.bytes(3, { min: 32, max: chunkProofSizeMax }) ?? new Uint8Array(0)
  if (!reader.end() || ref === 0 || bytes === undefined || proof.length % 32 !== 0) return undefined
  return { type: 'chunk', ref, bytes, proof }
}

function decodeLacks(reader: WireReader): FetchFrame | undefined {
  const ref = reader.varint(1, refMax)
  return reader.end() && ref > 0 ? { type: 'lacks', ref } : undefined
}
