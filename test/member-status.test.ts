import { monitorEventLoopDelay } from 'node:perf_hooks'
import { setTimeout as sleep } from 'node:timers/promises'
import type { MemberView } from '@grapevine/protocol/control'
import { expect, test } from 'vitest'
import { Lab, labMissing } from '@grapevine/node/lab'
import { Members } from './reliability/member.ts'
import { Statuses } from './reliability/statuses.ts'
import { until } from './site.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

/** What a fact may take to be known everywhere on a machine that has other work too. */
const msMax = 90_000
/** A partition that heals is found out by dials, which wait up to half a minute. */
const healMsMax = 180_000

/** Whether this machine lets its processes run: a node that gets no time is rightly called failed. */
const delays = monitorEventLoopDelay({ resolution: 50 })
const isCalm = (): boolean => delays.max / 1e6 < 1_000

test.skipIf(missing !== undefined)(
  'eight nodes see right who is frozen, killed, left, or behind a partition',
  async () => {
    delays.enable()
    await using lab = await Lab.open(8)
    await using members = await Members.open({ count: 8, lab, reach: 2 })
    const ids = await Promise.all(members.all.map(async (member) => (await member.status()).peerId))
    let views = members.all.map((member) => new Statuses(member))
    const all = ids.map((_, node) => node)
    /** How these nodes see those. */
    const seen = (on: readonly number[], of: readonly number[]): string[] => [
      ...new Set(on.flatMap((viewer) => of.map((node) => views[viewer]!.of(ids[node]!) ?? 'unknown'))),
    ]
    const agree = async (on: readonly number[], of: readonly number[], status: MemberView['status'], ms = msMax) => {
      const began = performance.now()
      const isSo = (found: readonly string[]): boolean => found.length === 1 && found[0] === status
      await until(() => seen(on, of), isSo, ms)
      console.log(`node ${of.join(' ')} ${status} for ${on.length} nodes after ${secondsSince(began)} s`)
    }
    const others = (...of: readonly number[]): number[] => all.filter((node) => !of.includes(node))
    const everCalled = (node: number, status: string): boolean =>
      views.some(({ changes }) => changes.some((change) => change.peerId === ids[node] && change.status === status))
    await agree(all, all, 'alive')

    // For a few seconds: nobody gives it up.
    process.kill(members.all[1]!.pid!, 'SIGSTOP')
    await sleep(4_000)
    process.kill(members.all[1]!.pid!, 'SIGCONT')
    await agree(others(1), [1], 'alive')
    // For longer: it has failed, and is alive when it goes on.
    process.kill(members.all[2]!.pid!, 'SIGSTOP')
    await agree(others(2), [2], 'failed')
    process.kill(members.all[2]!.pid!, 'SIGCONT')
    await agree(all, [2], 'alive')
    const wrongly = all.filter((node) => node !== 2 && everCalled(node, 'failed'))
    if (isCalm()) expect(wrongly).toEqual([])

    await members.all[3]!.stop()
    await agree(others(3), [3], 'left')
    await members.all[4]!.kill()
    await agree(others(3, 4), [4], 'failed')
    if (isCalm()) expect(everCalled(3, 'failed')).toBe(false)
    await members.all[3]!.start()
    views = views.map((view, node) => (node === 3 ? new Statuses(members.all[3]!) : view))
    await agree(others(4), [3], 'alive')

    const [left, right] = [
      [0, 1, 2],
      [3, 5, 6, 7],
    ]
    await lab.partition([left, right])
    await agree(left, right, 'failed')
    await agree(right, left, 'failed')
    await agree(left, left, 'alive')
    await agree(right, right, 'alive')
    await lab.heal()
    await agree(others(4), others(4), 'alive', healMsMax)
    await agree(others(4), [4], 'failed')
    for (const view of views) view.close()
  },
  600_000,
)

const secondsSince = (began: number): string => ((performance.now() - began) / 1_000).toFixed(1)
