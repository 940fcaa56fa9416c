import { formatElapsed } from '../duration.ts'
import { notesOnTerminal } from '../output.ts'

/** How often it is shown, and from when on: what is over at once needs none. In ms. */
const everyMs = 200
const silentMs = 700
const barWidth = 24

/** Says how far something is: after each of `total` parts. */
export type Progress = (done: number) => void

/** Whether and how to show how far a simulation is. `now` is in ms. */
export interface ProgressOptions {
  /** What is counted: `run`, `message`. */
  readonly noun: string
  readonly total: number
  /** What stands before it: which of several simulations. */
  readonly before?: string | undefined
}

/** Shows a person on standard error how far a simulation is, and when it may be over. To others nothing. */
export function progress(options: ProgressOptions): Progress {
  if (!notesOnTerminal() || options.total < 2) return () => undefined
  const start = performance.now()
  let shown = start + silentMs - everyMs
  let isVisible = false
  return (done) => {
    const now = performance.now()
    const isOver = done >= options.total
    if (isOver ? !isVisible : now - shown < everyMs) return
    shown = now
    isVisible = !isOver
    process.stderr.write(isOver ? '\r\u001B[K' : `\r\u001B[K${progressLine(options, done, now - start)}`)
  }
}

/** `d 5, 2 of 9: ████████░░░░ message 30 of 100, 4s left`. */
export function progressLine({ noun, total, before }: ProgressOptions, done: number, elapsedMs: number): string {
  const filled = Math.round((done / total) * barWidth)
  const bar = '█'.repeat(filled) + '░'.repeat(barWidth - filled)
  const left = done === 0 ? '' : `, ${formatElapsed(((total - done) / done) * elapsedMs)} left`
  const count = (value: number): string => value.toLocaleString('en')
  return `${before === undefined ? '' : `${before}: `}${bar} ${noun} ${count(done)} of ${count(total)}${left}`
}
