import type { RunOutcome, SweepOutcome } from '@grapevine/sim/report'
import { CommandError } from '../failure.ts'
import { checkWritable } from '../file-error.ts'
import { writeWhole } from '../whole-file.ts'

/** Files that a simulation was asked for. */
export interface SimFiles {
  /** What came out, as JSON. */
  readonly out?: string | undefined
  /** The same as a page, or as its main picture alone: by the end of the name. */
  readonly report?: string | undefined
}

/** The help of `--out`. */
export const outHelp = 'write what came out to a file, as JSON'

/** The help of `--report`. */
export const reportHelp = 'write a report to look at: a page, out.html, or its main picture, out.svg'

/** Whether there are any. */
export const isWanted = ({ out, report }: SimFiles): boolean => out !== undefined || report !== undefined

/** To be called before a simulation: error `usage` for a file that could not be written when it is over. */
export async function checkSimFiles({ out, report }: SimFiles): Promise<void> {
  if (out !== undefined) await checkWritable(out)
  if (report !== undefined) await checkReport(report)
}

/** The same for a report alone: its name must end in .html or .svg. */
export async function checkReport(report: string): Promise<void> {
  if (!/\.(?:html|svg)$/i.test(report))
    throw new CommandError(
      'usage',
      `${report} is no name for a report`,
      'it ends in .html, or .svg for the main picture',
    )
  await checkWritable(report)
}

/** Writes the files that were asked for. Error `usage`. */
export async function writeSimFiles(files: SimFiles, outcome: () => RunOutcome | SweepOutcome): Promise<void> {
  const { out, report } = files
  if (!isWanted(files)) return
  const found = outcome()
  if (out !== undefined) await writeWhole(out, `${JSON.stringify(found)}\n`)
  if (report === undefined) return
  // Only who wants a report waits for the code that draws it.
  const { runReport, runSvg, sweepReport, sweepSvg } = await import('@grapevine/sim/report')
  const isSweep = found.format === 'grapevine-sweep'
  await writeReport(report, {
    html: () => (isSweep ? sweepReport(found) : runReport(found)),
    svg: () => (isSweep ? sweepSvg(found) : runSvg(found)),
  })
}

/** Writes a report as the end of its name has it. Error `usage` for a picture of what has none. */
export async function writeReport(
  path: string,
  { html, svg }: { readonly html: () => string; readonly svg: () => string | undefined },
): Promise<void> {
  const text = /\.svg$/i.test(path) ? svg() : html()
  if (text !== undefined) return writeWhole(path, text)
  throw new CommandError(
    'usage',
    `${path} is not written: there is no curve to draw`,
    'a report in .html has the figures',
  )
}
