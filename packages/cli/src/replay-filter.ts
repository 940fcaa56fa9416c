import { type AnyAction, clusterEventNames, machineEventNames } from '@grapevine/protocol/recording'

/** Every kind of action: one that is added does not compile until it stands here. */
const actions: Readonly<Record<AnyAction['type'], true>> = {
  sign: true,
  verify: true,
  judge: true,
  gossip: true,
  gossipSigned: true,
  verdict: true,
  settled: true,
  want: true,
  findBody: true,
  readBody: true,
  saveBody: true,
  dropBody: true,
  askChunk: true,
  blamed: true,
  deliver: true,
  store: true,
  open: true,
  send: true,
  close: true,
  load: true,
  compared: true,
  ingested: true,
  pause: true,
  resume: true,
  published: true,
  refused: true,
  impersonated: true,
  forgotten: true,
  blame: true,
  changed: true,
  exchanged: true,
  foreign: true,
  member: true,
}

const kinds: ReadonlySet<string> = new Set([
  'machine',
  'cluster',
  ...machineEventNames,
  ...clusterEventNames,
  ...Object.keys(actions),
])

/**
 * Which events `replay --events` prints: those that are, or led to, one of the kinds that are named; of these, those in whose
 * line every other word stands.
 */
export class EventFilter {
  readonly #kinds: readonly string[]
  readonly #words: readonly string[]
  /** Kinds that occurred, and words that stood somewhere. */
  readonly #found = new Set<string>()
  #events = 0
  #matches = 0

  /** `text`: kinds and words, with commas between them. */
  constructor(text: string) {
    const words = text.split(',').filter((word) => word !== '')
    this.#kinds = words.filter((word) => kinds.has(word))
    this.#words = words.filter((word) => !kinds.has(word))
  }

  /** Whether an event with these kinds and this line is wanted. */
  wants(names: ReadonlySet<string>, line: () => string): boolean {
    this.#events++
    for (const name of names) this.#found.add(name)
    let isWanted = this.#kinds.length === 0 || this.#kinds.some((kind) => names.has(kind))
    if (this.#words.length > 0) {
      const text = line()
      for (const word of this.#words) {
        if (text.includes(word)) this.#found.add(word)
        else isWanted = false
      }
    }
    if (isWanted) this.#matches++
    return isWanted
  }

  /** What to tell where nothing was wanted: which of the words nothing has, and what there is; undefined where there was something. */
  get emptiness(): string | undefined {
    if (this.#matches > 0) return undefined
    const missing = [...this.#kinds, ...this.#words].filter((word) => !this.#found.has(word))
    const all = [...this.#found].filter((name) => kinds.has(name)).toSorted()
    const why = missing.length === 0 ? 'no event has all of it' : `nothing has ${missing.join(', ')}`
    return `no event of ${this.#events} matches: ${why}. Kinds that occur: ${all.join(', ')}`
  }
}
