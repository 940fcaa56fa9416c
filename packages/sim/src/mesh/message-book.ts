/** A message under way. */
export interface Message {
  readonly id: number
  readonly publishedAt: number
  readonly publisher: number
  /** Whether it counts. */
  readonly isMeasured: boolean
  /** For each node 0, or 1 more than the ms from publication until it came. Stops at 65,534 ms. */
  readonly delays: Uint16Array
  /** For each node how many copies of it came. Absent if nobody wants to know. */
  readonly copies?: Uint16Array
  /** A bit for each end over which its node need not send the message. Absent until the first. */
  unwanted?: Uint32Array
  /** How often an end was answered that asked for it. Absent until the first. */
  answers?: Map<number, number>
}

/** Messages that some node may still send, and the arrays of those that are over. */
export class MessageBook {
  readonly #nodes: number
  /** By id; empty below `#oldest`. */
  readonly #messages: (Message | undefined)[] = []
  readonly #spare: Uint16Array[] = []
  readonly #countsCopies: boolean
  #oldest = 0
  #arrays = 0

  constructor(nodes: number, countsCopies = false) {
    this.#nodes = nodes
    this.#countsCopies = countsCopies
  }

  /** Memory of all arrays that were ever needed at once, in bytes. */
  get bytes(): number {
    return this.#arrays * this.#nodes * (this.#countsCopies ? 4 : 2)
  }

  /** Those that are not forgotten, in the order of publication. */
  get all(): readonly Message[] {
    return this.#messages.slice(this.#oldest) as Message[]
  }

  /** A message, unless it is forgotten. */
  get(id: number): Message | undefined {
    return this.#messages[id]
  }

  add(publishedAt: number, publisher: number, isMeasured: boolean): Message {
    const delays = this.#spare.pop() ?? new Uint16Array(this.#nodes)
    if (this.#messages.length - this.#oldest >= this.#arrays) this.#arrays++
    delays[publisher] = 1
    const copies = this.#countsCopies && isMeasured ? { copies: new Uint16Array(this.#nodes) } : undefined
    const message: Message = { id: this.#messages.length, publishedAt, publisher, isMeasured, delays, ...copies }
    this.#messages.push(message)
    return message
  }

  /** Forgets the oldest, whose array is used again, and returns it; undefined if there is none from before `time`. */
  takeBefore(time: number): Message | undefined {
    const message = this.#messages[this.#oldest]
    if (message === undefined || message.publishedAt >= time) return undefined
    this.#messages[this.#oldest++] = undefined
    return message
  }

  /** Gives back the array of a message that was taken. */
  release({ delays }: Message): void {
    delays.fill(0)
    this.#spare.push(delays)
  }
}
