/** How a value begins in a recording: one byte, and what it is followed by. */
export const valueTag = {
  undefined: 0,
  null: 1,
  false: 2,
  true: 3,
  /** A varint. */
  integer: 4,
  /** A varint: what is below zero, without its sign. */
  negative: 5,
  /** 8 bytes, IEEE 754, little-endian. */
  float: 6,
  /** Decimal digits as text. */
  bigint: 7,
  /** A varint, and so many bytes. */
  bytes: 8,
  /** A varint, and so many bytes of UTF-8. */
  text: 9,
  /** A varint, and so many bytes, of which this is the lower-case hex: gossip ids. */
  hex: 10,
  /** A varint, and so many UTF-16 units, little-endian: a text that has no UTF-8 form. */
  wide: 11,
  /** A varint: the place of a text that stood before. */
  known: 12,
  /** A varint, and so many values. */
  list: 13,
  /** A varint: 0, or the number of a shape that stood before. After 0 a varint, and so many keys; then their values. */
  object: 14,
  /** A varint, and so many keys of a store: 8 bytes of time as a float, and 16 of id, each. */
  keys: 15,
} as const

/** Texts that a recording remembers are no longer than this, in UTF-16 units: peer ids, topics, names of events. */
export const knownTextMax = 128

/** Texts and shapes that are remembered, of each so many: later ones are written out each time. */
export const knownMax = 4096

/** Values within values. */
export const depthMax = 32

/** Keys of one object. */
export const shapeKeysMax = 256
