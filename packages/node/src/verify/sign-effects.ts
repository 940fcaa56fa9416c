import type { Event } from '@grapevine/protocol'
import { sign } from '../crypto.ts'
import type { Effects } from '../driver.ts'
import type { Identity } from '../home/identity.ts'
import type { Verifier } from './verifier.ts'

/** Signs with our key, and checks what others signed. */
export const signEffects = (
  identity: Identity,
  verifier: Verifier,
  dispatch: (event: Event) => void,
): Pick<Effects, 'sign' | 'verify'> => ({
  sign: ({ ref, bytes }) => dispatch({ type: 'signed', ref, signature: sign(bytes, identity) }),
  verify: ({ ref, bytes, signature, author }) =>
    verifier.verify({ message: bytes, signature, author }, (valid) => dispatch({ type: 'verified', ref, valid })),
})
