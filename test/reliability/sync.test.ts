import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { findProgram } from '../debian-program.ts'
import { until } from '../site.ts'
import { Members } from './member.ts'

const strace = await findProgram({
  name: 'strace',
  probe: ['-o', '/dev/null', 'true'],
  packages: ['strace', 'libunwind8', 'liblzma5'],
  cache: fileURLToPath(new URL('dist/strace', import.meta.url)),
})
if ('missing' in strace) console.log(`the test of what is synced is skipped: ${strace.missing}`)
/** What the tracer itself needs, and hands on to nobody. */
const tracer =
  'missing' in strace
    ? []
    : [
        'env',
        ...Object.entries(strace.env).map(([name, value]) => `${name}=${value}`),
        strace.command,
        ...Object.keys(strace.env).flatMap((name) => ['-E', name]),
      ]

/** A call of the system that ended well, or is under way, in a trace of several threads. */
const calls = (trace: string): string[] => trace.split('\n').map((line) => line.replace(/^\d+ +/, ''))

test.skipIf('missing' in strace)(
  'a publish is acknowledged after its bytes were written to the log of the store and synced',
  async () => {
    await using members = await Members.open({ count: 0 })
    const trace = join(members.directory, 'trace')
    const watched = 'trace=pwrite64,fsync,fdatasync,write,writev,sendmsg'
    // -D: the tracer is a process of its own, and the node is ours to end.
    const wrapper = [...tracer, '-D', '-f', '-y', '-s', '100000', '-e', watched, '-o', trace]
    const member = await members.add({ wrapper })
    await member.start()
    for (let number = 0; number < 5; number++) await member.publish('t', [`before ${number}`])
    const needle = `needle-${process.pid}-in-the-log`
    const [id] = await member.publish('t', [needle])
    await member.stop()
    const whole = await until(
      () => readFileSync(trace, 'utf8'),
      (text) => text.includes('+++ exited with'),
    )
    const lines = calls(whole)
    const at = (what: string, from: number, ...parts: string[]): number => {
      const found = lines.findIndex((line, index) => index >= from && parts.every((part) => line.includes(part)))
      if (found < 0) throw new Error(`the trace has no ${what}`)
      return found
    }
    const written = at('write of the message', 0, 'pwrite64(', 'store.sqlite-wal', needle)
    const sync = at('sync of the log', written, 'sync(', 'store.sqlite-wal')
    // A call that other threads interrupt in the trace ends in a line of its own.
    const synced = lines[sync]!.includes('unfinished') ? at('end of the sync', sync, 'sync resumed', '= 0') : sync
    expect(lines[synced]).toMatch(/= 0$/)
    const acknowledged = at('acknowledgement', 0, `\\"id\\":\\"${id}\\"`)
    expect(acknowledged).toBeGreaterThan(synced)
  },
)
