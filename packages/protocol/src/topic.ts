/**
 * The rules of one held topic, as the machine applies them. All functions are pure and supplied by the host; one that
 * throws counts as our own failure, never as the sender's.
 */
export interface TopicRules {
  /** `[A-Za-z0-9._/-]{1,128}` */
  readonly name: string
  /** The name on the wire; differs from `name` outside foreign dialects. */
  readonly wireName: string
  /**
   * `raw`: payloads without envelope, so without author, signature and sequence; needs `contentId`. `signed`: payloads that
   * gossip itself signs, in a network of dialect `pubsub`; best-effort only.
   */
  readonly format: 'envelope' | 'raw' | 'signed'
  /** Largest payload of one message, in bytes. */
  readonly messageBytesMax: number
  /** Payloads of more bytes are not in their envelopes but fetched, and no others; absent: none are. */
  readonly inlineBytesMax?: number
  /**
   * Content rule: the message id from the payload, 1 to 32 bytes; undefined if the payload has none, which breaks the
   * rules. Absent: the id comes from the signed bytes.
   */
  readonly contentId?: (payload: Uint8Array, author: Uint8Array) => Uint8Array | undefined
  /** `lossless`: messages are kept in the store before they are delivered, and reconciled with peers. */
  readonly delivery: 'lossless' | 'best-effort'
  /** Static check of one payload: what is wrong with it, or undefined. */
  readonly check?: (payload: Uint8Array) => string | undefined
  /** Whether the host judges every message. */
  readonly judged: boolean
  /** Whether an envelope with several messages breaks the rules. */
  readonly isSingle?: boolean
  /** Whether messages share envelopes although they are judged, or their ids come from content. */
  readonly isShared?: boolean
  /** At most this many messages of one author (raw: one peer) per second; Infinity for no limit. */
  readonly authorRateMax: number
  /** Names the definition in envelopes, 1 to 32 bytes; absent for a topic that nobody defined. */
  readonly schemaId?: Uint8Array
}

/** Whether a content rule gave what it should: 1 to 32 bytes. */
export const isContentId = (id: unknown): id is Uint8Array =>
  id instanceof Uint8Array && id.length >= 1 && id.length <= 32

/**
 * Whether envelopes on the topic carry a single message: where messages of a batch could fare differently, unless the topic
 * says that they travel together, or where there are none.
 */
export const isSingle = ({ format, isSingle: isDefined, isShared, contentId, judged }: TopicRules): boolean =>
  format !== 'envelope' || isDefined === true || (isShared !== true && (judged || contentId !== undefined))

/** Whether the topic's messages are kept. */
export const isKept = (rules: TopicRules): boolean => rules.delivery === 'lossless'

/** Whether ids come from content. */
export const isContentTopic = (rules: TopicRules): boolean => rules.contentId !== undefined
