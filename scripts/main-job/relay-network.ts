import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { decodeTicket, encodeTicket } from '@grapevine/protocol'
import type { MainJobError } from './main-job-error.ts'
import { joins, neighboursOf } from './plan.ts'
import type { Orders, RelayEvent } from './relay-order.ts'
import { RelayProcess } from './relay-process.ts'

type Started = Orders['start']['answer']

/** What a network tells unasked; nodes are counted from 0. */
export interface NetworkEvents {
  readonly event: (node: number, event: RelayEvent) => void
  /** A node process ended on its own; told once for each. */
  readonly failed: (error: MainJobError) => void
}

/** Node processes on this machine, their homes in one temporary directory, connected as the plan says. */
export class RelayNetwork {
  /** The directory with the homes `node1`, `node2`, … */
  readonly directory: string
  readonly processes: readonly RelayProcess[]
  #peerIds: readonly string[] = []

  /** Starts the processes; `start` the nodes in them. */
  constructor({ event, failed }: NetworkEvents) {
    this.directory = mkdtempSync(join(tmpdir(), 'grapevine-'))
    this.processes = joins.map(
      (_, index) => new RelayProcess(`node ${index + 1}`, { event: (told) => event(index, told), failed }),
    )
  }

  /** Peer ids in the order of the nodes, once they started. */
  get peerIds(): readonly string[] {
    return this.#peerIds
  }

  homeOf(node: number): string {
    return join(this.directory, `node${node + 1}`)
  }

  /** Starts the nodes one after the other: the first makes the network, each other joins by tickets of those before. */
  async start(onStarted: (count: number) => void): Promise<void> {
    const started: Started[] = []
    for (const [node, process] of this.processes.entries()) {
      const into =
        joins[node]!.length === 0
          ? { network: 'bitcoin-testnet' }
          : { ticket: ticketTo(joins[node]!.map((other) => started[other]!)) }
      started.push(await process.ask('start', { home: this.homeOf(node), name: `node${node + 1}`, ...into }))
      onStarted(started.length)
    }
    this.#peerIds = started.map(({ peerId }) => peerId)
  }

  /** Resolves once every node passes messages on to all its neighbours. */
  async connected(onConnected: (count: number) => void): Promise<void> {
    let count = 0
    await this.all(async (process, node) => {
      await process.ask('connected', { neighbours: neighboursOf(node) })
      onConnected(++count)
    })
  }

  /** Does something with every node at the same time. */
  all<T>(task: (process: RelayProcess, node: number) => Promise<T>): Promise<T[]> {
    return Promise.all(this.processes.map(task))
  }

  /** Resolves when no process and no file of the network is left; never rejects. */
  async stop(): Promise<void> {
    await this.all((process) => process.stop())
    rmSync(this.directory, { recursive: true, force: true })
  }
}

/**
 * One ticket that leads to these nodes and no others. A node's own ticket also names the nodes that it joined by, so that
 * a newcomer is not lost if it ends; here that would connect everybody to everybody.
 */
function ticketTo(nodes: readonly Started[]): string {
  const tickets = nodes.map(({ peerId, ticket }) => ({ peerId, ticket: decodeTicket(ticket) }))
  const addresses = tickets.flatMap(({ peerId, ticket }) =>
    ticket.addresses.filter((address) => address.endsWith(peerId)),
  )
  return encodeTicket({ ...tickets[0]!.ticket, addresses })
}
