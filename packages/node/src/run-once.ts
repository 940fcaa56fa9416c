import { createNode } from './create-node.ts'

/** Options of {@link runNodeOnce}. */
export interface OnceOptions {
  /** An empty folder. */
  readonly home: string
  readonly ticket: string
}

/** Runs a node that listens nowhere for as long as `work` takes. Errors as of `createNode`, and those of `work`. */
export async function runNodeOnce({ home, ticket }: OnceOptions, work: () => Promise<void>): Promise<void> {
  const node = await createNode({ home, ticket, listen: [] })
  try {
    await work()
  } finally {
    await node.stop()
  }
}
