import { clientIn } from './context.ts'
import { describe } from './failure.ts'

/** A ticket of a home: the running node's, which knows where it listens, else one from what the home remembers. */
export async function ticketIn(home: string): Promise<string> {
  try {
    return (await (await clientIn(home)).call('ticket', {})).ticket
  } catch (error) {
    if (describe(error)?.code !== 'not-running') throw error
    const { ticketOf } = await import('@grapevine/node/home')
    return ticketOf(home)
  }
}
