/**
 * What a node was given and what it made of it, written so that both can be had again (docs/replay.md). Pure: bytes out,
 * bytes in.
 *
 * @example
 * ```ts
 * const writer = new RecordingWriter({ sha256, hasActions: false })
 * writer.event('machine', event, now)
 * writer.outcome([], machine.handle(event, now))
 * [...new RecordingReader().read(writer.take())] // [{ type: 'step', step: { event, now, … } }]
 * ```
 */
export * from './entry.ts'
export { clusterEventNames, machineEventNames, type WritableEvents } from './event-kind.ts'
export { RecordingReader } from './recording-reader.ts'
export { ActionDigest, RecordingWriter, type RecordingWriterOptions } from './recording-writer.ts'
export { ValueReader } from './value-reader.ts'
export { ValueWriter } from './value-writer.ts'
