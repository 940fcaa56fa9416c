/** Where messages come from or go to. One of these has exactly one of its first members. */
export type EndpointConfig =
  | TopicEndpoint
  /** Run by a shell; read line by line, or given a line for each message. */
  | { readonly command: string; readonly lines?: LineForm }
  /** Read from where it was left, and followed; or appended to. */
  | { readonly file: string; readonly lines?: LineForm }
  /** A source listens at `http://HOST:PORT/PATH`; a target is posted to. */
  | { readonly http: string }

/** A topic of this node, or of another one on this machine: its home, or its name as of `--node`. */
export interface TopicEndpoint {
  readonly topic: string
  readonly node?: string
  readonly home?: string
}

/** What a line holds: a body, or a message in JSON. */
export type LineForm = 'text' | 'json'

/** What a message has to be to pass; all of it at once. */
export interface FilterConfig {
  /** A regular expression that its text matches. */
  readonly match?: string
  /** Peer ids. */
  readonly author?: readonly string[]
  readonly notAuthor?: readonly string[]
  readonly sizeMax?: number
  /** Values at JSON pointers of its body: one, or one of several. */
  readonly json?: Readonly<Record<string, Scalar | readonly Scalar[]>>
}

/** A value in JSON that has no parts. */
type Scalar = string | number | boolean | null

/** One stream of a router. */
export interface StreamConfig {
  /** `[A-Za-z0-9._-]{1,40}`; consumers are named after it, so that a stream goes on where it was. */
  readonly name: string
  readonly from: EndpointConfig
  readonly to: EndpointConfig
  /** `both`: between two topics, in both directions. Default `forward`. */
  readonly direction: 'forward' | 'both'
  readonly filter?: FilterConfig
  /** A command that reads a line of JSON for each message, and answers each with a line. */
  readonly plugin?: string
  /** Where it begins at its first start: with what comes (default), or with all that is kept. */
  readonly start: 'new' | 'all'
}
