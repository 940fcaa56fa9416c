/** Tells how far a job is, step by step: on a terminal with a line that changes, elsewhere a line for each step done. */
export class Progress {
  readonly #stream: NodeJS.WriteStream
  #label = ''
  #detail = ''
  #startedAt = 0

  constructor(stream: NodeJS.WriteStream) {
    this.#stream = stream
  }

  /** Runs a step under a label; the task says how far it is, in a few words. */
  async step<T>(label: string, task: (tell: (detail: string) => void) => Promise<T>): Promise<T> {
    this.#label = label
    this.#startedAt = performance.now()
    this.#tell('')
    const result = await task((detail) => this.#tell(detail))
    this.#show('\n')
    this.#label = ''
    return result
  }

  /** Leaves the line of a step that will not finish, so that what is printed next stands alone. */
  close(): void {
    if (this.#label !== '') this.#show('\n')
    this.#label = ''
  }

  #tell(detail: string): void {
    this.#detail = detail
    if (this.#stream.isTTY && this.#label !== '') this.#show('')
  }

  #show(end: string): void {
    const seconds = ((performance.now() - this.#startedAt) / 1000).toFixed(1)
    const start = this.#stream.isTTY ? '\r\u001B[2K' : ''
    this.#stream.write(`${start}  ${this.#label.padEnd(32)}${this.#detail.padEnd(22)}${seconds.padStart(5)} s${end}`)
  }
}
