/** Bytes of a key in UTF-8 at most. */
export const stateKeySizeMax = 256

/** Bytes of a value at most. */
export const stateValueSizeMax = 65_536

/** Bounds of what a replica holds of others, and of what it says. */
export interface StateLimits {
  /**
   * Keys of one owner, tombstones included; a 64th is for what a node says of itself. More costs memory on every node.
   * Default 1,024. A guess.
   */
  readonly keysPerOwnerMax: number
  /** Bytes of all entries of one owner, 1,024 to 2^30; a 16th is for what a node says of itself. Default 1 MiB. A guess. */
  readonly bytesPerOwnerMax: number
  /** Owners at once. Default 16,384: what a network of 10,000 nodes needs. */
  readonly ownersMax: number
  /** Bytes of all owners, what is being put together included. Default 32 MiB: half of what a hostile peer may cost. */
  readonly bytesMax: number
  /**
   * Part of `ownersMax` and `bytesMax` that may come to us through one peer, above 0 and up to 1. Default 0.75: a node that
   * joins learns all from one peer, and still one peer cannot take all the room.
   */
  readonly shareOfPeerMax: number
  /** Bytes of entries and heads in one frame, 66,560 to 73,728. Default 66,560: one value of the largest size fits. */
  readonly deltaBytesMax: number
  /** Bytes of digests in one frame, 32 to 16,384. Default 16,384: 512 owners. */
  readonly digestBytesMax: number
  /** Owners up to which a digest lists all of them, and an exchange has three steps. Default 32: 1 KiB. */
  readonly listedOwnersMax: number
  /** Owners of one peer whose signatures are being checked. Default 1,024. */
  readonly checksPerPeerMax: number
  /** How long a tombstone is kept by its owner, in ms. Default 86,400,000: a day. */
  readonly tombstoneMs: number
}

/** The defaults of {@link StateLimits}. */
export const stateLimits: StateLimits = Object.freeze({
  keysPerOwnerMax: 1024,
  bytesPerOwnerMax: 1 << 20,
  ownersMax: 16_384,
  bytesMax: 32 << 20,
  shareOfPeerMax: 0.75,
  deltaBytesMax: 66_560,
  digestBytesMax: 16_384,
  listedOwnersMax: 32,
  checksPerPeerMax: 1024,
  tombstoneMs: 86_400_000,
})
