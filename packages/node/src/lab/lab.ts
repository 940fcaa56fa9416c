import { execFile, spawn, type ChildProcess, type SpawnOptions } from 'node:child_process'
import { once } from 'node:events'
import { createInterface, type Interface } from 'node:readline'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'
import { NodeError } from '../error.ts'

const hubProgram = fileURLToPath(new URL('hub.py', import.meta.url))
const run = promisify(execFile)

/** A machine of a lab, as far as a program can see: a host name, its own network, other nodes by name. */
export interface LabNode {
  /** Host name, which all nodes of the lab can look up: `node0`, `node1` … unless given. */
  readonly name: string
  /** IPv4; the first is what its name means, and what it sends from. Default: `10.99.0.1` for `node0`, and so on. */
  readonly addresses: readonly [string, ...string[]]
}

/** One direction between two nodes. Nothing is delayed, lost or limited at first. */
export interface Link {
  /** One way: half of a round trip. */
  readonly delayMs: number
  /** How much the delay varies, up and down; more than the time between packets reorders them. */
  readonly jitterMs: number
  /** Share of packets that get lost, 0 to 1. */
  readonly loss: number
  /** 0: without limit. A second's worth waits, the rest is dropped. */
  readonly bytesPerSecond: number
  /** Swallows the first packet of each TCP connection that is opened this way; what is open goes on. */
  readonly firewall: boolean
}

/** Two nodes, both ways. */
export type Pair = readonly [number, number]

/** What goes from a node, to a node, or both. */
export interface OneWay {
  readonly from?: number
  readonly to?: number
}

/** Packets since the start. */
export interface LabCounts {
  readonly forwarded: number
  /** Of those that were forwarded, with IP headers. */
  readonly bytes: number
  readonly lost: number
  /** Dropped because a link with a rate, or a device, held too many. */
  readonly overflowed: number
  readonly cut: number
}

/**
 * Network namespaces joined by links that can be slow, lossy, narrow or cut, and changed at any time. The namespaces have
 * no names and clash with nothing; they, and what runs in them, are gone when the lab closes or its process ends.
 *
 * Needs Linux, root, /dev/net/tun, Python 3, `ip`, `nsenter` and `unshare`: see {@link labMissing}. The middle is in
 * Python, because Node cannot open a TUN device, and the kernels of small test machines have no netem.
 */
export class Lab implements AsyncDisposable {
  readonly nodes: readonly LabNode[]
  readonly #hub: ChildProcess
  readonly #answers: AsyncIterator<string>
  readonly #lines: Interface
  /** Commands are answered in order. */
  #last: Promise<unknown> = Promise.resolve()
  #namespaces: readonly number[] = []
  readonly #children = new Set<ChildProcess>()
  #stderr = ''

  private constructor(nodes: readonly LabNode[]) {
    this.nodes = nodes
    this.#hub = spawn('python3', [hubProgram], { stdio: ['pipe', 'pipe', 'pipe'] })
    this.#hub.on('error', (error) => (this.#stderr += error.message))
    this.#hub.stdin!.on('error', () => undefined)
    this.#hub.stderr!.on('data', (chunk: Buffer) => (this.#stderr += chunk.toString()))
    this.#lines = createInterface({ input: this.#hub.stdout! })
    this.#answers = this.#lines[Symbol.asyncIterator]()
  }

  /** A lab of some nodes, 250 at most unless they have addresses; close it. Error `no-lab` with the reason where it cannot be. */
  static async open(nodes: number | readonly Partial<LabNode>[]): Promise<Lab> {
    const wanted = typeof nodes === 'number' ? Array.from({ length: nodes }, () => ({})) : nodes
    const lab = new Lab(
      wanted.map((node, at) => ({ name: `node${at}`, addresses: [`10.99.0.${at + 1}`] as const, ...node })),
    )
    try {
      const { namespaces } = (await lab.#tell(lab.nodes.map(({ addresses }) => addresses))) as { namespaces: number[] }
      lab.#namespaces = namespaces
    } catch (error) {
      await lab.close()
      const text = `no links between processes can be made here: ${reasonOf(error)}`
      throw new NodeError('no-lab', text, 'it needs Linux, root, /dev/net/tun, python3, ip, nsenter and unshare', {
        cause: error,
      })
    }
    return lab
  }

  /** Of the process that carries the packets. */
  get pid(): number | undefined {
    return this.#isOver ? undefined : this.#hub.pid
  }

  /** The command line, program first, that runs a command in a node, with its host name and the names of all. */
  inside(node: number, command: string, args: readonly string[] = []): [string, ...string[]] {
    const { name } = this.nodes[node]!
    if (this.#isOver) throw new NodeError('stopped', 'the lab is closed')
    const hosts = this.nodes.map((other) => `${other.addresses[0]} ${other.name}\n`).join('')
    const network = `--net=/proc/${this.#hub.pid}/fd/${this.#namespaces[node]}`
    const own = ['unshare', '--uts', '--mount', 'sh', '-ec', furnish, name, `127.0.0.1 localhost\n${hosts}`]
    return ['nsenter', network, ...own, command, ...args]
  }

  /** Runs a command in a node. What still runs when the lab closes is killed. */
  spawn(node: number, command: string, args: readonly string[] = [], options: SpawnOptions = {}): ChildProcess {
    const [program, ...rest] = this.inside(node, command, args)
    const child = spawn(program, rest, options)
    this.#children.add(child)
    child.on('close', () => this.#children.delete(child))
    return child
  }

  /** Changes links: all of them, those between two nodes, or one way. What is not named stays. */
  async link(change: Partial<Link>, which: Pair | OneWay = {}): Promise<void> {
    const [one, other] = 'length' in which ? which : []
    const ways =
      'length' in which
        ? [
            { from: one, to: other },
            { from: other, to: one },
          ]
        : [which]
    for (const way of ways) await this.#tell({ link: change, ...way })
  }

  /** Lets no packet pass from one group to another any more, silently. Nodes in no group form one together. */
  async partition(groups: readonly (readonly number[])[]): Promise<void> {
    await this.#tell({ groups })
  }

  /** Ends a partition. */
  async heal(): Promise<void> {
    await this.#tell({ groups: null })
  }

  async counts(): Promise<LabCounts> {
    return (await this.#tell({})) as LabCounts
  }

  /** Kills what runs in the nodes, and removes all; resolves when it is gone. */
  async close(): Promise<void> {
    // The hub ends what is in the namespaces; a command that has just been started may not be there yet.
    for (const child of this.#children) child.kill('SIGKILL')
    const end = this.#isOver ? undefined : once(this.#hub, 'exit')
    this.#hub.stdin!.end()
    await end
    this.#lines.close()
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close()
  }

  get #isOver(): boolean {
    return this.#hub.exitCode !== null || this.#hub.signalCode !== null || this.#hub.pid === undefined
  }

  #tell(command: object): Promise<unknown> {
    const answer = this.#last.then(async () => {
      this.#hub.stdin!.write(`${JSON.stringify(command)}\n`)
      const { value, done } = await this.#answers.next()
      if (done === true) throw new Error(`the lab ended: ${this.#stderr.trim()}`)
      return JSON.parse(value) as unknown
    })
    this.#last = answer.catch(() => undefined)
    return answer
  }
}

/** Why labs cannot be opened on this machine, in a few words; undefined if they can. */
export async function labMissing(): Promise<string | undefined> {
  if (process.platform !== 'linux') return 'network namespaces need Linux'
  try {
    await using lab = await Lab.open(1)
    const [program, ...args] = lab.inside(0, 'true')
    await run(program, args)
    return undefined
  } catch (error) {
    return `network namespaces are not permitted here (${reasonOf(error)})`
  }
}

/** The last line of what the hub said, or that it is not there. */
function reasonOf(error: unknown): string {
  const { message, cause } = error as Error
  if (error instanceof NodeError && cause !== undefined) return reasonOf(cause)
  return message.includes('ENOENT') ? 'python3 is missing' : (message.trim().split('\n').at(-1) ?? '')
}

/** In its own UTS and mount namespace: $0 is the host name, $1 the hosts file. Nothing of it is on a disk. */
const furnish = `
printf %s "$0" >/proc/sys/kernel/hostname
mount -t tmpfs lab /mnt
printf %s "$1" >/mnt/hosts
mount --bind /mnt/hosts /etc/hosts
umount --lazy /mnt
shift
exec "$@"`
