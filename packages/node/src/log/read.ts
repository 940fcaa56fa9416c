import type { LogView } from '@grapevine/protocol/control'
import { readIfPresent } from '../home/durable-file.ts'
import { logFile, oldLogFile } from './file.ts'
import { includes, type LogLevel } from './level.ts'
import { parseLine } from './line.ts'

/** The last lines of a home's log, oldest first, whether its node runs or not. Lines that are none are left out. */
export function readLog(home: string, options: { readonly level: LogLevel; readonly last: number }): LogView[] {
  const found: LogView[] = []
  for (const path of [logFile(home), oldLogFile(home)]) {
    const lines = (readIfPresent(path) ?? '').split('\n')
    for (let i = lines.length - 1; i >= 0 && found.length < options.last; i--) {
      const line = parseLine(lines[i]!)
      if (line !== undefined && includes(options.level, line.level)) found.push(line)
    }
  }
  return found.toReversed()
}
