import { readFileSync } from 'node:fs'

/**
 * File descriptors that the node needs beside connections of others: 26 at its start, the rest for its own dials, the
 * control API and files. Counted in /proc/self/fd.
 */
const ownMax = 48
/** A node without any connection is none. */
const inboundMin = 4

/** Below this many inbound connections a node is told to be short of descriptors. */
export const inboundComfort = 128

/**
 * How many connections others may open, so that they cannot take the descriptors that the node itself needs: its API
 * would no longer answer. Undefined where the limit is not known (outside of Linux) or far away.
 */
export function inboundMax(): number | undefined {
  try {
    const limit = /^Max open files +(\d+)/m.exec(readFileSync('/proc/self/limits', 'latin1'))?.[1]
    return limit === undefined ? undefined : Math.max(inboundMin, Number(limit) - ownMax)
  } catch {
    return undefined
  }
}
