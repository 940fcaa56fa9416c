import { NodeError } from './error.ts'

/** What a user should hear when libp2p cannot listen; anything else as it came. */
export function listenError(error: unknown, listen: readonly string[]): unknown {
  const causes = [
    error,
    ...((error as AggregateError)?.errors ?? []),
    (error as Error)?.cause,
  ] as NodeJS.ErrnoException[]
  const where = listen.join(', ')
  const busy = causes.some((cause) => cause?.code === 'EADDRINUSE' || cause?.message?.includes('EADDRINUSE'))
  if (busy) {
    const hint = 'end the program that has it, or give another with --listen'
    return new NodeError('listen', `${where}: the port is in use`, hint, { cause: error })
  }
  if ((error as Error)?.name === 'UnsupportedListenAddressesError') {
    const message = `cannot listen on ${where}: ${(error as Error).message}`
    return new NodeError('listen', message, 'give another address with --listen', { cause: error })
  }
  return error
}
