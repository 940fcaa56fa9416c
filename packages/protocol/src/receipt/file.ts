import { base64 } from '@scure/base'
import { equalBytes, fromHex, toHex } from '../bytes.ts'
import { peerIdFromKey } from '../peer-id.ts'
import { checkTopicName } from '../topic-name.ts'
import { decodeReceipt, isSigned, receiptSizeMax, type VerifySignature } from './receipt.ts'

/** Receipts of one message, to be checked by anybody without a node. */
export interface ReceiptFile {
  readonly format: 'grapevine-receipt/1'
  /** Network id in hex, 64 characters. */
  readonly network: string
  readonly topic: string
  /** Message id in hex. */
  readonly id: string
  readonly receipts: readonly FiledReceipt[]
}

/** A receipt in a file. All but `receipt` repeat, for people, what it says. */
export interface FiledReceipt {
  /** Peer id of who stores. */
  readonly peer: string
  /** µs since 1970. */
  readonly storedAt: number
  /** µs since 1970; absent: no time was named. */
  readonly keepUntil?: number
  /** The receipt's bytes in base64. */
  readonly receipt: string
}

/** What a check of one receipt of a file found. `reason` is for people. */
export type FiledReceiptCheck =
  | { readonly valid: true; readonly peer: string; readonly storedAt: number; readonly keepUntil?: number }
  | { readonly valid: false; readonly peer: string; readonly reason: string }

/** Receipts in a file at most. */
export const filedReceiptsMax = 1000

/** Puts receipts of a message, as their bytes, into a file; leaves out what does not decode or does not name it. */
export function fileReceipts(
  { networkId, topic, id }: { networkId: Uint8Array; topic: string; id: Uint8Array },
  receipts: readonly Uint8Array[],
): ReceiptFile {
  const filed = receipts.flatMap((bytes): FiledReceipt[] => {
    const decoded = decodeReceipt(bytes)
    if (!decoded.ok || !decoded.receipt.body.ids.some((named) => equalBytes(named, id))) return []
    const { storer, storedAt, keepUntil } = decoded.receipt.body
    const until = keepUntil === undefined ? {} : { keepUntil }
    return [{ peer: peerIdFromKey(storer), storedAt, ...until, receipt: base64.encode(bytes) }]
  })
  return { format: 'grapevine-receipt/1', network: toHex(networkId), topic, id: toHex(id), receipts: filed }
}

/** Reads a file's JSON value: the file, or what is wrong with it, for people. Says nothing of signatures. */
export function readReceiptFile(value: unknown): ReceiptFile | string {
  if (!isObject(value)) return 'it is not a JSON object'
  const { format, network, topic, id, receipts } = value
  if (typeof format !== 'string' || !format.startsWith('grapevine-receipt/')) return 'it is not a file of receipts'
  if (format !== 'grapevine-receipt/1') return 'it is of a version that this release does not know'
  if (typeof network !== 'string' || !/^[0-9a-f]{64}$/.test(network)) return 'network is not 64 hex digits'
  if (typeof topic !== 'string' || !checkTopicName(topic).ok) return 'topic is not the name of a topic'
  if (typeof id !== 'string' || !/^([0-9a-f]{2}){1,32}$/.test(id)) return 'id is not a message id'
  if (!Array.isArray(receipts) || receipts.length === 0 || receipts.length > filedReceiptsMax)
    return `receipts are not 1 to ${filedReceiptsMax}`
  const wrong = receipts.findIndex((receipt) => !isFiled(receipt))
  if (wrong >= 0) return `receipt ${wrong + 1} lacks a field, or has one of another type`
  return { format, network, topic, id, receipts: receipts as FiledReceipt[] }
}

/**
 * Checks each receipt of a file: its bytes, that it names the message, that what the file says beside it is what was
 * signed, and the signature. Never throws.
 */
export function checkReceiptFile(file: ReceiptFile, verify: VerifySignature): readonly FiledReceiptCheck[] {
  const networkId = fromHex(file.network)!
  const id = fromHex(file.id)!
  const seen = new Set<string>()
  return file.receipts.map(({ peer, storedAt, keepUntil, receipt: text }): FiledReceiptCheck => {
    const refuse = (reason: string): FiledReceiptCheck => ({ valid: false, peer, reason })
    const decoded = decodeReceipt(bytesOf(text))
    if (!decoded.ok) return refuse(`it cannot be read (${decoded.detail})`)
    const { body } = decoded.receipt
    if (!body.ids.some((named) => equalBytes(named, id))) return refuse('it does not name this message')
    if (peerIdFromKey(body.storer) !== peer) return refuse('another peer signed it')
    if (body.storedAt !== storedAt || body.keepUntil !== keepUntil) return refuse('its times are not those signed')
    if (!isSigned(decoded.receipt, { networkId, topic: file.topic, verify }))
      return refuse('the signature does not hold for this peer, network, topic and message')
    if (seen.has(peer)) return refuse('this peer is counted already')
    seen.add(peer)
    return { valid: true, peer, storedAt, ...(keepUntil !== undefined && { keepUntil }) }
  })
}

/** No bytes for what is not base64: they do not decode. */
function bytesOf(text: string): Uint8Array {
  try {
    return base64.decode(text)
  } catch {
    return new Uint8Array(0)
  }
}

function isFiled(value: unknown): boolean {
  if (!isObject(value)) return false
  const { peer, storedAt, keepUntil, receipt } = value
  const isTime = (time: unknown): boolean => Number.isSafeInteger(time) && (time as number) > 0
  return (
    typeof peer === 'string' &&
    peer.length <= 128 &&
    isTime(storedAt) &&
    (keepUntil === undefined || isTime(keepUntil)) &&
    typeof receipt === 'string' &&
    receipt.length <= 2 * receiptSizeMax
  )
}

const isObject = (value: unknown): value is Record<string, unknown> => typeof value === 'object' && value !== null
