import { printable } from './claim.ts'

const texts: Readonly<Record<string, string>> = {
  ECONNREFUSED: 'refused',
  ETIMEDOUT: 'timed out',
  EHOSTUNREACH: 'no route to it',
  ENETUNREACH: 'no route to it',
  EADDRNOTAVAIL: 'no route to it',
  ENOTFOUND: 'name not found',
  EAI_AGAIN: 'name not found',
  AbortError: 'timed out',
  TimeoutError: 'timed out',
  ConnectionInterceptedError: 'blocked',
  // Noise finds another key than that of the id, or hears something else than Noise.
  EncryptionFailedError: 'another peer, or another network, answers there',
}

/** A word or two about why a dial failed, for people. */
export function dialErrorOf(error: unknown): string {
  if (!(error instanceof Error)) return 'failed'
  const { code = '', name, message } = error as NodeJS.ErrnoException
  return texts[code] ?? texts[name] ?? (printable(message) || 'failed')
}
