import { endEchoedLine } from './output.ts'

/** A signal that aborts when the user, or the system, ends the command. A second one ends it as it would any other. */
export function untilSignal(): AbortController {
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort('signal'))
  return end
}
