import { keccak_256 } from '@noble/hashes/sha3.js'
import { readItems, readWhole, type RlpItem } from './rlp.ts'

/** A signed transaction as it stands, without regard to rules. Amounts in wei. All bytes are parts of `bytes`. */
export interface EthereumTransaction {
  /** The signed transaction as nodes pass it on. */
  readonly bytes: Uint8Array
  /** `0x` and 64 hex digits: Keccak-256 of `bytes`. */
  readonly hash: string
  /** 0 legacy, 1 access list (EIP-2930), 2 base fee (1559), 3 blobs (4844), 4 delegations (7702). */
  readonly type: number
  /** Undefined for a legacy transaction without one (before EIP-155): any chain takes it. */
  readonly chainId: bigint | undefined
  /** Below 2^64. */
  readonly nonce: bigint
  readonly gasLimit: bigint
  /** The most for a unit of gas, base fee included; and beyond the base fee. The same before type 2. */
  readonly feeCap: bigint
  readonly tip: bigint
  /** 20 bytes; undefined: it creates a contract. */
  readonly to: Uint8Array | undefined
  readonly value: bigint
  readonly data: Uint8Array
  readonly accessList: readonly { readonly address: Uint8Array; readonly storageKeys: readonly Uint8Array[] }[]
  readonly blobFeeCap: bigint
  /** 32 bytes each. */
  readonly blobHashes: readonly Uint8Array[]
  readonly authorizations: readonly Authorization[]
  readonly yParity: 0 | 1
  /** r and s, 32 bytes each. */
  readonly signature: Uint8Array
  /** What is signed, but for its prefix: from `start` to `end` in `bytes`. */
  readonly signed: { readonly start: number; readonly end: number }
}

/** An account's leave to run as a contract (EIP-7702). */
interface Authorization {
  readonly chainId: bigint
  readonly address: Uint8Array
  readonly nonce: bigint
  readonly yParity: bigint
  readonly r: bigint
  readonly s: bigint
}

/** How many fields each type has, in the order of types. */
const fieldCounts = [9, 11, 12, 14, 13]

/**
 * Reads a signed transaction: RLP, in an envelope of EIP-2718 but for legacy ones; blobs are not with it. Undefined for bytes
 * that are none: what a client would write in other bytes is none either. Never throws.
 */
export function decodeTransaction(
  bytes: Uint8Array,
  hash: string = `0x${Buffer.from(keccak_256(bytes)).toString('hex')}`,
): EthereumTransaction | undefined {
  const isTyped = bytes.length > 0 && bytes[0]! < 0x80
  const type = isTyped ? bytes[0]! : 0
  if (isTyped && (type === 0 || type >= fieldCounts.length)) return undefined
  const list = readWhole(bytes, isTyped ? 1 : 0)
  const items = list && readItems(bytes, list)
  if (items?.length !== fieldCounts[type]) return undefined
  const fields = new Fields(bytes, items!)
  const chainId = isTyped ? fields.uint() : undefined
  const nonce = fields.uint(8)
  const tip = fields.uint()
  const feeCap = type >= 2 ? fields.uint() : tip
  const gasLimit = fields.uint(8)
  const to = fields.optional(20)
  const value = fields.uint()
  const data = fields.bytes()
  const accessList = isTyped ? fields.each(readAccess) : []
  const blobFeeCap = type === 3 ? fields.uint() : 0n
  const blobHashes =
    type === 3 ? fields.each((parent, item) => new Fields(parent.source, [item], parent).bytes(32)) : []
  const authorizations = type === 4 ? fields.each(readAuthorization) : []
  const end = fields.at
  const v = fields.uint()
  const signature = new Uint8Array(64)
  signature.set(...fields.padded(0))
  signature.set(...fields.padded(32))
  const parity = isTyped ? { yParity: Number(v), chainId } : legacyParity(v)
  if (!fields.areRight || (parity.yParity !== 0 && parity.yParity !== 1)) return undefined
  return {
    bytes,
    hash,
    type,
    chainId: parity.chainId,
    nonce,
    gasLimit,
    feeCap,
    tip,
    to,
    value,
    data,
    accessList,
    blobFeeCap,
    blobHashes,
    authorizations,
    yParity: parity.yParity,
    signature,
    signed: { start: list!.start, end },
  }
}

/** What v of a legacy transaction says (EIP-155). */
function legacyParity(v: bigint): { readonly yParity: number; readonly chainId: bigint | undefined } {
  if (v >= 35n) return { yParity: Number((v - 35n) & 1n), chainId: (v - 35n) >> 1n }
  return { yParity: v === 27n ? 0 : v === 28n ? 1 : -1, chainId: undefined }
}

function readAccess(parent: Fields, item: RlpItem): EthereumTransaction['accessList'][number] {
  const fields = parent.inside(item, 2)
  const address = fields.bytes(20)
  return { address, storageKeys: fields.each((of, key) => new Fields(of.source, [key], of).bytes(32)) }
}

function readAuthorization(parent: Fields, item: RlpItem): Authorization {
  const fields = parent.inside(item, 6)
  return {
    chainId: fields.uint(),
    address: fields.bytes(20),
    nonce: fields.uint(8),
    yParity: fields.uint(1),
    r: fields.uint(),
    s: fields.uint(),
  }
}

/** Reads fields one after the other. What is wrong is remembered instead of thrown: it comes from peers. */
class Fields {
  readonly source: Uint8Array
  readonly #items: readonly RlpItem[]
  readonly #parent: Fields | undefined
  #next = 0
  #areRight = true

  constructor(source: Uint8Array, items: readonly RlpItem[], parent?: Fields) {
    this.source = source
    this.#items = items
    this.#parent = parent
  }

  get areRight(): boolean {
    return this.#areRight
  }

  /** Where the next field begins. */
  get at(): number {
    return this.#items[this.#next]?.at ?? 0
  }

  /** A number without leading zeros. */
  uint(sizeMax = 32): bigint {
    const digits = this.#text()
    if (digits.length > sizeMax || digits[0] === 0) this.#wrong()
    if (digits.length > sizeMax) return 0n
    let value = 0
    if (digits.length > 6) return BigInt(`0x${Buffer.from(digits).toString('hex')}`)
    for (const digit of digits) value = value * 256 + digit
    return BigInt(value)
  }

  bytes(size?: number): Uint8Array {
    const bytes = this.#text()
    if (size !== undefined && bytes.length !== size) this.#wrong()
    return bytes
  }

  optional(size: number): Uint8Array | undefined {
    const bytes = this.#text()
    if (bytes.length !== size && bytes.length > 0) this.#wrong()
    return bytes.length === 0 ? undefined : bytes
  }

  /** A number of at most 32 bytes, and where it goes in a signature at whose `base` 32 bytes are for it. */
  padded(base: number): [digits: Uint8Array, offset: number] {
    const digits = this.#text()
    if (digits[0] === 0) this.#wrong()
    if (digits.length <= 32) return [digits, base + 32 - digits.length]
    this.#wrong()
    return [new Uint8Array(), base]
  }

  each<Value>(read: (fields: Fields, item: RlpItem) => Value): readonly Value[] {
    const item = this.#items[this.#next++]
    const items = item && readItems(this.source, item)
    if (items === undefined) this.#wrong()
    return (items ?? []).map((each) => read(this, each))
  }

  /** The fields of a list in this one. */
  inside(item: RlpItem, count: number): Fields {
    const items = readItems(this.source, item)
    if (items?.length !== count) this.#wrong()
    return new Fields(this.source, items ?? [], this)
  }

  #text(): Uint8Array {
    const item = this.#items[this.#next++]
    if (item !== undefined && !item.isList) return this.source.subarray(item.start, item.end)
    this.#wrong()
    return new Uint8Array()
  }

  #wrong(): void {
    this.#areRight = false
    if (this.#parent !== undefined) this.#parent.#wrong()
  }
}
