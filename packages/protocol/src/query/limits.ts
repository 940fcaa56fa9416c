/** Bytes of a query's body at most. Serf allows 1 KiB, because its queries travel in datagrams. */
export const queryBodySizeMax = 8192

/** Bytes of an answer at most. */
export const answerSizeMax = 16_384

/** Filters on tags in a query at most. */
export const queryTagsMax = 8

/** Members named in a query at most. */
export const queryMembersMax = 64

/** The longest that a query may wait for answers, in ms. */
export const queryTimeoutMsMax = 600_000

/** Other peers that an answer may be sent through at most. */
export const queryRelaysMax = 8

/** Answers of one node to one query at most. */
export const answersMax = 4

/** Bytes of a frame at most, without the length that the stream puts before it. */
export const queryFrameSizeMax = 17_408

/** How often something may happen: so many at once, and so many a second. */
export interface Rate {
  readonly burst: number
  readonly perSecond: number
}

/** What queries may cost, and how they spread. */
export interface QueryLimits {
  /** Queries that are under way at once, of all origins. Default 1,024. A guess. */
  readonly queriesMax: number
  /** Bytes of these at once, and of answers that are not confirmed. Default 8 MiB. */
  readonly bytesMax: number
  /** Part of `queriesMax` and `bytesMax` that may come through one peer. Default 0.25. */
  readonly shareOfPeerMax: number
  /** Queries of one origin that are under way at once. Default 64. */
  readonly queriesPerOriginMax: number
  /** Origins whose last queries are remembered, so that none is carried out twice. Default 4,096; the longest idle goes. */
  readonly originsMax: number
  /** New queries of one origin. Default 20 at once, 5 a second. */
  readonly originRate: Rate
  /** New queries that one peer brings, of whatever origin. Default 100 at once, 20 a second. */
  readonly peerRate: Rate
  /** Copies of queries of one peer. Default 1,200 at once, 400 a second. */
  readonly copyRate: Rate
  /** Acknowledgements and answers that one peer brings, and as many words that something came. Default 8,192 at once, 2,000 a second. */
  readonly answerRate: Rate
  /** Signatures of one peer's frames that are being checked. Default 1,024. */
  readonly checksPerPeerMax: number
  /** How far the clocks of origin and receiver may be apart, in ms. Default 600,000: replays of what is older are refused. */
  readonly skewMsMax: number
  /**
   * Peers to whom a node passes a query on, 1 or more. Default 12: of many neighbours one in e^12 hears of it from none, and
   * up to 13 nodes pass it to all.
   */
  readonly fanout: number
  /** Hops of a query, and of an answer, at most. Default 32. */
  readonly hopsMax: number
  /**
   * How long to wait for a sign that a peer has a query or an answer before it is sent again, in ms; for a query, each time
   * twice as long. Default 250.
   */
  readonly repeatMs: number
  /** How often it is sent again. Default 4. */
  readonly repeatsMax: number
  /** Answers that neighbours have not confirmed. Default 4,096; what is beyond is sent once. */
  readonly unconfirmedMax: number
  /** Answers whose passing is remembered. Default 65,536. */
  readonly passedMax: number
}

/** The defaults of {@link QueryLimits}. */
export const queryLimits: QueryLimits = Object.freeze({
  queriesMax: 1024,
  bytesMax: 8 << 20,
  shareOfPeerMax: 0.25,
  queriesPerOriginMax: 64,
  originsMax: 4096,
  originRate: { burst: 20, perSecond: 5 },
  peerRate: { burst: 100, perSecond: 20 },
  copyRate: { burst: 1200, perSecond: 400 },
  answerRate: { burst: 8192, perSecond: 2000 },
  checksPerPeerMax: 1024,
  skewMsMax: 600_000,
  fanout: 12,
  hopsMax: 32,
  repeatMs: 250,
  repeatsMax: 4,
  unconfirmedMax: 4096,
  passedMax: 65_536,
})
