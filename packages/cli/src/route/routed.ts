import type { MessageView } from '@grapevine/protocol/control'
import type { LineForm } from './stream-config.ts'

/** A message on its way through a router. */
export interface Routed {
  readonly payload: Buffer
  /** What is known of it where it comes from a topic, or from a line of JSON. */
  readonly about: Partial<Omit<MessageView, 'text' | 'base64'>>
}

/** Where messages come from. `done` is called for each, in order, once it has arrived or was left out on purpose. */
export type Source = AsyncIterable<{ readonly message: Routed; readonly done: () => void }>

/** Where messages go to. */
export interface Target {
  /** Takes a message; several may be under way, and they arrive in order. Resolves once it is there, or is refused for good. */
  send(message: Routed): Promise<void>
  close(): Promise<void>
}

/** A message from the control API. `payload`: its bytes, where it does not carry them. */
export function routedOf({ text, base64, ...about }: MessageView, payload?: Buffer): Routed {
  return { payload: payload ?? (text === undefined ? Buffer.from(base64 ?? '', 'base64') : Buffer.from(text)), about }
}

/** A message as a line, without its end. A text that has several lines needs the form `json`. */
export function lineOf(message: Routed, form: LineForm): string {
  return form === 'text' ? message.payload.toString() : JSON.stringify(viewOf(message))
}

/** A message from a line; undefined for one that is no message in JSON. */
export function messageOfLine(line: Buffer, form: LineForm): Routed | undefined {
  if (form === 'text') return { payload: line, about: {} }
  try {
    const value = JSON.parse(line.toString()) as Partial<MessageView> | null
    if (typeof value?.text !== 'string' && typeof value?.base64 !== 'string') return undefined
    return routedOf(value as MessageView)
  } catch {
    return undefined
  }
}

/** A message as commands and plugins get it. */
export function viewOf({ payload, about }: Routed): object {
  const text = payload.toString()
  const isText = Buffer.from(text).equals(payload)
  return { ...about, size: payload.length, ...(isText ? { text } : { base64: payload.toString('base64') }) }
}
