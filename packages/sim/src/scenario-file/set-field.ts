import { SimError } from '../error.ts'

/**
 * A copy of what a scenario file holds with one field changed: `links.loss`, `events[0].atMs` or `events.0.atMs`. Objects on the
 * way are made where there are none. A text that is JSON is that value, any other is text. Throws `scenario-unknown` for a path
 * that leads through a value, or beyond the end of a list.
 */
export function setField(file: unknown, path: string, text: string): unknown {
  const steps = path.replaceAll(/\[(\d+)\]/g, '.$1').split('.')
  if (steps.some((step) => step === '' || step === '__proto__'))
    throw new SimError('scenario-unknown', path, 'it is not the path of a field')
  return put(file, steps, path, valueOf(text))
}

function put(holder: unknown, [step, ...rest]: readonly string[], path: string, value: unknown): unknown {
  if (step === undefined) return value
  if (Array.isArray(holder)) {
    const index = /^\d{1,6}$/.test(step) ? Number(step) : -1
    if (index < 0 || index > holder.length)
      throw new SimError('scenario-unknown', path, `a list of ${holder.length} has no ${step}`)
    return holder.toSpliced(index, 1, put(holder[index], rest, path, value))
  }
  if (holder !== undefined && (typeof holder !== 'object' || holder === null))
    throw new SimError('scenario-unknown', path, `${step} is not part of ${JSON.stringify(holder)}`)
  return { ...holder, [step]: put((holder as Record<string, unknown> | undefined)?.[step], rest, path, value) }
}

function valueOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    return text
  }
}
