/** Runs a rule of the host; one that throws is our failure, never the caller's or a peer's. */
export function attempt<T>(rule: () => T): { failed: false; value: T } | { failed: true } {
  try {
    return { failed: false, value: rule() }
  } catch {
    return { failed: true }
  }
}
