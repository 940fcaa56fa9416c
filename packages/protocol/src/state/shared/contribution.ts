/** What one owner has under a shared key: what {@link Replica.each} gives. */
export interface Contribution {
  /** Ed25519 public key, 32 bytes. */
  readonly owner: Uint8Array
  /** The life in which the owner wrote it. */
  readonly epoch: number
  readonly value: Uint8Array
}
