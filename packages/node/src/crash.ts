import type { Log } from './log/log.ts'

/** EX_SOFTWARE of sysexits.h: a fault of the program. */
const crashExitCode = 70

/**
 * Logs what nobody caught, with its stack, and ends the process with exit code 70: the state is unknown from there on,
 * and a service manager can start the node anew. Nothing ends in silence. Returns what undoes it.
 */
export function watchCrashes(log: Log): () => void {
  const crash =
    (text: string) =>
    (error: unknown): void => {
      log.part('node').error(text, { error })
      log.flush()
      process.exit(crashExitCode)
    }
  const onException = crash('ended by an exception that nobody caught')
  const onRejection = crash('ended by a rejection that nobody caught')
  process.on('uncaughtException', onException)
  process.on('unhandledRejection', onRejection)
  return () => {
    process.off('uncaughtException', onException)
    process.off('unhandledRejection', onRejection)
  }
}
