import type { ComponentLogger, Logger } from '@libp2p/interface'
import type { Log } from './log.ts'
import type { LogLevel } from './level.ts'

/**
 * libp2p's log as a part of ours. What it calls an error is mostly a peer that hung up, and its text may quote what
 * peers sent: so errors are `debug`, and the rest is `trace`.
 */
export function libp2pLogger(log: Log): ComponentLogger {
  const make = (name: string): Logger => {
    const at =
      (level: LogLevel) =>
      (template: unknown, ...values: unknown[]): void => {
        if (log.wants(level)) log.write(level, name, fill(template, values))
      }
    const logger = Object.assign(at('trace'), {
      error: at('debug'),
      trace: at('trace'),
      newScope: (scope: string) => make(`${name}:${scope}`),
    })
    return Object.defineProperty(logger, 'enabled', { get: () => log.wants('trace') }) as unknown as Logger
  }
  return { forComponent: (name) => make(name.startsWith('libp2p') ? name : `libp2p:${name}`) }
}

/** libp2p's templates: `%s %d %p %a %b %e %o …`, each for one value. */
function fill(template: unknown, values: readonly unknown[]): string {
  if (typeof template !== 'string') return textOf(template)
  let next = 0
  return template.replace(/%([a-zA-Z%])/g, (whole, letter: string) =>
    letter === '%' ? '%' : next < values.length ? textOf(values[next++]) : whole,
  )
}

/** libp2p logs proxies and half-made objects too, whose conversion throws: that must not break what logs them. */
function textOf(value: unknown): string {
  try {
    if (value instanceof Error) return `${value.name}: ${value.message}`
    if (value instanceof Uint8Array) return Buffer.from(value).toString('base64')
    // Peer ids, multiaddrs, CIDs and keys say who they are; plain objects do not.
    const text = String(value)
    return text === '[object Object]' ? JSON.stringify(value) : text
  } catch {
    return `[${typeof value}]`
  }
}
