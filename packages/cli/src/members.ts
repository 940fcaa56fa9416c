import type { GapView, MemberChangeView, MemberView } from '@grapevine/protocol/control'
import { clientOf, type Context } from './context.ts'
import { CommandError } from './failure.ts'
import { memberChangeLine, memberLines } from './member-line.ts'
import { endEchoedLine, note, plural, print, printJson, printJsonLine, suggest } from './output.ts'

/** Options of `member ls`. */
export interface MembersOptions {
  readonly status?: readonly MemberView['status'][] | undefined
  readonly tag?: readonly string[] | undefined
  readonly watch?: true | undefined
}

/** Prints the members, and with `watch` how they change. */
export async function listMembers({ status, tag, watch }: MembersOptions, context: Context): Promise<void> {
  const query = { ...(status && { status }), ...(tag && { tag }) }
  if (watch === true) return watchMembers(query, context)
  const client = await clientOf(context)
  const members = await client.call('members', query)
  if (context.json) return printJson(members)
  if (members.length === 0) note('no such members')
  for (const line of memberLines(members, Date.now())) await print(line)
  suggest(`next: ${context.self} member show ${members[0]?.short.slice(1) ?? 'MEMBER'}`)
}

async function watchMembers(query: Omit<MembersOptions, 'watch'>, context: Context): Promise<void> {
  const end = new AbortController()
  process.once('SIGINT', endEchoedLine)
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.once(signal, () => end.abort())
  const client = await clientOf(context)
  const { status, tag } = query
  try {
    const wanted = { ...(status && { status }), ...(tag && { tag }) }
    for await (const item of client.stream('memberWatch', wanted, { signal: end.signal })) await show(item, context)
  } catch (error) {
    if (!end.signal.aborted) throw error
  }
  if (!end.signal.aborted) throw new CommandError('stopped', 'the node stopped')
}

async function show(item: MemberChangeView | GapView, { json }: Context): Promise<void> {
  if (json) return printJsonLine(item)
  if ('gap' in item) note(`${plural(item.gap.missed ?? 0, 'change')} missed: this reader is too slow`)
  else await print(memberChangeLine(item))
}
