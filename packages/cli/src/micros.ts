/** A time in µs since 1970 as ISO 8601 to the millisecond; one beyond what a Date holds as the last that it does. */
export const formatMicros = (micros: number): string => new Date(Math.min(micros / 1000, 8.64e15)).toISOString()
