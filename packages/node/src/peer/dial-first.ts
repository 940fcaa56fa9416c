/** How addresses of one peer are tried. */
export interface DialFirstOptions<Link> {
  readonly dial: (address: string, signal: AbortSignal) => Promise<Link>
  /** Ends a link that came too late to be of use. */
  readonly drop: (link: Link) => void
  readonly onFailure: (address: string, error: unknown) => void
  readonly signal?: AbortSignal
}

/**
 * RFC 8305 §5 recommends 250 ms between the starts of attempts. One after the other, as libp2p dials, seven addresses
 * that swallow packets would cost 14 s before the eighth is tried.
 */
const staggerMs = 250
/** A TCP connection that a network delays by more than this is of no use. */
const addressMsMax = 5_000

/** Dials the addresses one shortly after the other, at once where one fails, and takes the first link. Rejects with the last error. */
export function dialFirst<Link>(
  addresses: readonly string[],
  { dial, drop, onFailure, signal }: DialFirstOptions<Link>,
): Promise<{ readonly address: string; readonly link: Link }> {
  const attempts = new Map<string, AbortController>()
  const waiting = [...addresses]
  let timer: NodeJS.Timeout | undefined
  let isDone = false
  const finish = (): void => {
    isDone = true
    clearTimeout(timer)
    for (const attempt of attempts.values()) attempt.abort()
  }
  return new Promise((resolve, reject) => {
    const start = (): void => {
      clearTimeout(timer)
      const address = waiting.shift()
      if (address === undefined) return
      if (waiting.length > 0) timer = setTimeout(start, staggerMs)
      void attempt(address)
    }
    const attempt = async (address: string): Promise<void> => {
      const control = new AbortController()
      attempts.set(address, control)
      const limits = [control.signal, AbortSignal.timeout(addressMsMax), ...(signal ? [signal] : [])]
      try {
        const link = await dial(address, AbortSignal.any(limits))
        if (isDone) return drop(link)
        attempts.delete(address)
        finish()
        resolve({ address, link })
      } catch (error) {
        attempts.delete(address)
        if (isDone) return
        if (signal?.aborted !== true) onFailure(address, error)
        if (signal?.aborted === true || (waiting.length === 0 && attempts.size === 0)) {
          finish()
          reject(error)
        } else start()
      }
    }
    if (addresses.length === 0) reject(new Error('no address'))
    else start()
  })
}
