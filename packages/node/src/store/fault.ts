import { NodeError, type NodeErrorCode } from '../error.ts'

/** What went wrong in the worker, as data that crosses threads. */
export interface Fault {
  readonly code: NodeErrorCode
  readonly message: string
  /** `full`: the disk is; `damage`: the database file no longer hangs together. */
  readonly kind: 'full' | 'damage' | 'other'
}

const sqliteCodes: Readonly<Record<number, Pick<Fault, 'code' | 'kind'>>> = {
  5: { code: 'running', kind: 'other' },
  8: { code: 'disk', kind: 'other' },
  10: { code: 'disk', kind: 'other' },
  11: { code: 'disk', kind: 'damage' },
  13: { code: 'disk', kind: 'full' },
  14: { code: 'disk', kind: 'other' },
  26: { code: 'disk', kind: 'damage' },
}
const fileCodes: Readonly<Record<string, Pick<Fault, 'code' | 'kind'>>> = {
  ENOSPC: { code: 'disk', kind: 'full' },
  EDQUOT: { code: 'disk', kind: 'full' },
  EIO: { code: 'disk', kind: 'other' },
  EROFS: { code: 'disk', kind: 'other' },
  EACCES: { code: 'home', kind: 'other' },
  // A number where a bit error made it larger than any that we write.
  ERR_OUT_OF_RANGE: { code: 'disk', kind: 'damage' },
}

/** What SQLite would say, had it seen it: the database does not hang together. */
export class DamagedDatabase extends Error {
  readonly code = 'ERR_SQLITE_ERROR'
  readonly errcode = 11
}

/** What an error of SQLite or of the file system means for the store. */
export function faultOf(error: unknown): Fault {
  if (error instanceof NodeError) return { code: error.code, message: error.message, kind: 'other' }
  const {
    code = '',
    errcode = 0,
    message = String(error),
  } = error as { code?: string; errcode?: number; message?: string }
  // The low byte is the primary code; the rest says where.
  const known = code === 'ERR_SQLITE_ERROR' ? sqliteCodes[errcode & 0xff] : fileCodes[code]
  return { ...(known ?? { code: 'internal', kind: 'other' }), message }
}
