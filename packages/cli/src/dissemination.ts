import { InvalidArgumentError } from '@commander-js/extra-typings'
import { type Dissemination, messageSizeMax } from '@grapevine/protocol'
import { parseSize } from './size.ts'

/** Help of the option `--dissemination`. */
export const disseminationHelp =
  'push: payloads travel with their messages, up to 59,829 bytes; announce: messages say what there is, up to 32 MiB, and who lacks it fetches it; hybrid:SIZE: only larger ones are announced'

/** Parser of `push`, `announce` or `hybrid:SIZE`. */
export function dissemination(text: string): Dissemination {
  if (text === 'push' || text === 'announce') return text
  const hybrid = text.startsWith('hybrid:') ? parseSize(text.slice('hybrid:'.length)) : undefined
  if (hybrid !== undefined && hybrid >= 1 && hybrid <= messageSizeMax) return { hybrid }
  throw new InvalidArgumentError(
    `It takes push, announce or hybrid:SIZE, with a size up to ${messageSizeMax} bytes such as 16KiB.`,
  )
}

/** How payloads travel, as `--dissemination` takes it. */
export const disseminationText = (value: Dissemination = 'push'): string =>
  typeof value === 'string' ? value : `hybrid:${value.hybrid}`
