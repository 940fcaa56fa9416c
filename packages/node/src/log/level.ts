/** Levels of the log, the most urgent first. Each includes those before it. */
export const logLevels = ['error', 'warn', 'info', 'debug', 'trace'] as const

/** How urgent a line of the log is. `info` is rare; bytes from the network appear from `debug` on only. */
export type LogLevel = (typeof logLevels)[number]

/** Whether a line of this level belongs into a log of that level. */
export const includes = (log: LogLevel, line: LogLevel): boolean => logLevels.indexOf(line) <= logLevels.indexOf(log)
