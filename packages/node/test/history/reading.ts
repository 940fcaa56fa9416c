import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { GapView, MessageView } from '@grapevine/protocol'
import { onTestFinished } from 'vitest'
import type { SubscribeOptions } from '../../src/api.ts'
import type { Node } from '../../src/node.ts'

/** Publishes texts one after the other on the topic `chat`; gives their ids. */
export const publish = async (node: Node, ...texts: readonly string[]): Promise<string[]> => {
  const ids: string[] = []
  for (const text of texts) ids.push((await node.publish('chat', Buffer.from(text))).id)
  return ids
}

/** What a reader gets. */
export type Item = MessageView | GapView

/** An item in a few words. */
export const shown = (item: Item): string =>
  'gap' in item
    ? `gap ${item.gap.first}-${item.gap.last}`
    : `${item.text}${item.redelivered ? ' again' : ''}${item.late ? ' late' : ''}`

/** The next items of a new reader. */
export async function read(node: Node, count: number, options: SubscribeOptions = {}): Promise<string[]> {
  const subscription = await node.subscribe(['chat'], options)
  const found: string[] = []
  if (count > 0) {
    for await (const item of subscription) {
      found.push(shown(item))
      if (found.length === count) break
    }
  }
  subscription.close()
  return found
}

/** A folder that goes with the test. */
export const temporaryHome = (): string => {
  const home = mkdtempSync(join(tmpdir(), 'grapevine-test-'))
  onTestFinished(() => rmSync(home, { recursive: true, force: true }))
  return home
}
