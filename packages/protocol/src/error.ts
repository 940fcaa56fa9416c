/**
 * What a caller, or text that a user gave, can get wrong. What a *peer* sends never ends here: decoders of
 * wire bytes return a result.
 *
 * - `argument`: an argument is of the wrong length, range or form; details name it and say what was expected.
 * - `not-unicode`: a string has a lone surrogate, so it has no UTF-8 form.
 * - `envelope-oversize`: the envelope would be larger than `envelopeSizeMax`.
 * - `ticket-format`: not a ticket: another prefix, a space or another foreign character inside, or contents outside the format.
 * - `ticket-version`: a ticket of a version that this release does not know.
 * - `ticket-damaged`: the checksum differs: characters are missing, changed or swapped.
 * - `definition`: a topic definition has a field that is unknown or out of its range.
 * - `recording`: a recording of a node is damaged, or none.
 */
export type ProtocolErrorCode =
  | 'argument'
  | 'not-unicode'
  | 'envelope-oversize'
  | 'ticket-format'
  | 'ticket-version'
  | 'ticket-damaged'
  | 'definition'
  | 'recording'

/** Facts behind an error: the argument or field, what was expected, what came. Never holds key material. */
export type ProtocolErrorDetails = Readonly<Record<string, string | number>>

/** The one error class of this package. Match on `code`, never on the message. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError'
  readonly code: ProtocolErrorCode
  readonly details: ProtocolErrorDetails

  constructor(code: ProtocolErrorCode, message: string, details: ProtocolErrorDetails = {}) {
    super(message)
    this.code = code
    this.details = details
  }
}

/** A `ProtocolError` with code `argument`: `name` should be `expected`, but `actual` came. */
export function argumentError(name: string, expected: string, actual: string | number): ProtocolError {
  return new ProtocolError('argument', `${name} must be ${expected}, got ${actual}`, {
    name,
    expected,
    actual,
  })
}
