import type { ProbeView } from '@grapevine/protocol/control'
import { test } from 'vitest'
import { Lab, labMissing } from '@grapevine/node/lab'
import { Members } from './reliability/member.ts'
import { until } from './site.ts'

const missing = await labMissing()
if (missing !== undefined) console.log(`tests in a lab are skipped: ${missing}`)

/** What a fact may take to be known everywhere on a machine that has other work too. */
const msMax = 120_000

test.skipIf(missing !== undefined)(
  'five nodes say what is wrong with each other: a firewall, a freeze, an end, one bad link, a partition',
  async () => {
    await using lab = await Lab.open(5)
    await using members = await Members.open({ count: 5, lab, reach: 4 })
    const nodes = members.all
    const ids = await Promise.all(nodes.map(async (member) => (await member.status()).peerId))
    const numberOf = (peerId: string): number => ids.indexOf(peerId)
    const probe = (): Promise<ProbeView> => nodes[0]!.client.call('probe', { timeout: 20_000 })
    /** What node 0 says of the others, by their numbers, with whom it is about. */
    const verdicts = async (): Promise<Record<number, string>> => {
      const { members: found } = await probe()
      return Object.fromEntries(
        found.map(({ peerId, verdict, by }) => [
          numberOf(peerId),
          by.length === 0
            ? verdict
            : `${verdict} ${by
                .map(numberOf)
                .toSorted((a, b) => a - b)
                .join()}`,
        ]),
      )
    }
    /** Probes until it is so: what a machine with other work leaves unanswered is answered the next time. */
    const see = async (wanted: Record<number, string>): Promise<void> => {
      await until(verdicts, (found) => JSON.stringify(found) === JSON.stringify(wanted), msMax)
    }
    const linked = async (member: (typeof nodes)[number]): Promise<number> =>
      (await member.client.call('members', {})).filter(({ connected }) => connected).length
    for (const member of nodes)
      await until(
        () => linked(member),
        (count) => count === 4,
        msMax,
      )
    const well = { 1: 'fine', 2: 'fine', 3: 'fine', 4: 'fine' }
    await see(well)

    await lab.link({ firewall: true }, { to: 4 })
    await see({ ...well, 4: 'one-way 0,1,2,3' })
    await lab.link({ firewall: false }, { to: 4 })

    process.kill(nodes[3]!.pid!, 'SIGSTOP')
    await see({ ...well, 3: 'frozen' })
    process.kill(nodes[3]!.pid!, 'SIGCONT')
    await see(well)

    await lab.link({ loss: 1 }, [0, 3])
    await see({ ...well, 3: 'only-us 0' })
    await lab.link({ loss: 0 }, [0, 3])

    await nodes[2]!.kill()
    await see({ ...well, 2: 'stopped' })

    await lab.partition([
      [0, 1, 2],
      [3, 4],
    ])
    await see({ 1: 'fine', 2: 'stopped', 3: 'cut-off', 4: 'cut-off' })
  },
  900_000,
)
