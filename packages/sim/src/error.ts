/**
 * What a caller, or a file that a user wrote, can get wrong in a simulation. Details of all of them have the `path` within the
 * file, such as `links.latency.ms` or `events[2].nodes`; the empty path is the file itself.
 *
 * - `scenario-unknown`: there is no such field.
 * - `scenario-missing`: a field is necessary and absent.
 * - `scenario-value`: a value is of another type or outside of its range.
 * - `scenario-conflict`: fields do not go together, or one names a node, group or region that there is not.
 * - `outcome-syntax`: what should be the outcome of a run is not JSON.
 * - `outcome-kind`: it is JSON of something else.
 * - `outcome-version`: it is of a version that we do not know.
 * - `outcome-shape`: something in it is missing, or of another type, or out of its range.
 */
export type SimErrorCode =
  | 'scenario-unknown'
  | 'scenario-missing'
  | 'scenario-value'
  | 'scenario-conflict'
  | 'outcome-syntax'
  | 'outcome-kind'
  | 'outcome-version'
  | 'outcome-shape'

/** The one error class of this package. Match on `code`, never on the message. */
export class SimError extends Error {
  override readonly name = 'SimError'
  readonly code: SimErrorCode
  readonly details: { readonly path: string }

  constructor(code: SimErrorCode, path: string, text: string) {
    super(path === '' ? text : `${path}: ${text}`)
    this.code = code
    this.details = { path }
  }
}
