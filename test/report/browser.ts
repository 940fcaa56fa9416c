import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import type { Program } from '../debian-program.ts'

/** How a page is looked at. Sizes in CSS pixels. */
export interface View {
  readonly width: number
  readonly height: number
  readonly colours: 'light' | 'dark'
}

/** A page that has been loaded. */
export interface LoadedPage {
  /** Exceptions, console messages of level error, and what the page was refused, in order. */
  readonly faults: readonly string[]
  /** Addresses that it asked for, its own first. */
  readonly requests: readonly string[]
  /** The value of an expression, as JSON. */
  evaluate(expression: string): Promise<unknown>
  /** Moves the pointer. */
  point(x: number, y: number): Promise<void>
  /** A picture of all of it, as PNG. */
  screenshot(): Promise<Buffer>
}

type Params = Readonly<Record<string, unknown>>
interface Answer {
  readonly id?: number
  readonly method?: string
  readonly sessionId?: string
  readonly params?: Params
  readonly result?: Params
  readonly error?: { readonly message: string }
}

/** A headless Chromium of its own, over the DevTools protocol. */
export class Browser {
  readonly #child: ChildProcess
  readonly #folder: string
  readonly #socket: WebSocket
  readonly #waiting = new Map<number, { resolve: (result: Params) => void; reject: (error: Error) => void }>()
  readonly #listeners = new Map<string, (method: string, params: Params) => void>()
  #nextId = 1

  private constructor(child: ChildProcess, folder: string, socket: WebSocket) {
    this.#child = child
    this.#folder = folder
    this.#socket = socket
    socket.addEventListener('message', ({ data }) => this.#take(JSON.parse(String(data)) as Answer))
    socket.addEventListener('close', () => {
      for (const { reject } of this.#waiting.values()) reject(new Error('the browser ended'))
    })
  }

  static async start({ command, env }: Exclude<Program, { missing: string }>): Promise<Browser> {
    const folder = mkdtempSync(join(tmpdir(), 'grapevine-browser-'))
    // No sandbox: tests run as root in containers; the pages are our own.
    const flags = [
      '--headless',
      '--no-sandbox',
      '--disable-gpu',
      '--disable-dev-shm-usage',
      '--hide-scrollbars',
      '--no-first-run',
    ]
    const args = [...flags, '--remote-debugging-port=0', `--user-data-dir=${folder}`, 'about:blank']
    const child = spawn(command, args, { env: { ...process.env, ...env }, stdio: ['ignore', 'ignore', 'pipe'] })
    const lines = createInterface({ input: child.stderr })
    const address = await new Promise<string>((resolve, reject) => {
      lines.on('line', (line) => {
        const found = /^DevTools listening on (ws:\S+)/.exec(line)?.[1]
        if (found !== undefined) resolve(found)
      })
      child.on('exit', (code) => reject(new Error(`the browser ended with ${code}`)))
      child.on('error', reject)
    })
    const socket = new WebSocket(address)
    await new Promise((resolve, reject) => {
      socket.addEventListener('open', resolve)
      socket.addEventListener('error', reject)
    })
    return new Browser(child, folder, socket)
  }

  /** Loads a page, and waits until it is drawn. */
  async load(url: string, { width, height, colours }: View): Promise<LoadedPage> {
    const { targetId } = await this.#call('Target.createTarget', { url: 'about:blank' })
    const { sessionId } = (await this.#call('Target.attachToTarget', { targetId, flatten: true })) as {
      sessionId: string
    }
    const call = (method: string, params: Params = {}): Promise<Params> => this.#call(method, params, sessionId)
    const faults: string[] = []
    const requests: string[] = []
    const loaded = new Promise<void>((resolve) => {
      this.#listeners.set(sessionId, (method, params) => {
        if (method === 'Network.requestWillBeSent') requests.push((params['request'] as { url: string }).url)
        if (method === 'Runtime.exceptionThrown') faults.push(JSON.stringify(params['exceptionDetails']))
        if (method === 'Runtime.consoleAPICalled' && params['type'] === 'error')
          faults.push(JSON.stringify(params['args']))
        if (method === 'Log.entryAdded') faults.push(JSON.stringify(params['entry']))
        if (method === 'Page.loadEventFired') resolve()
      })
    })
    for (const domain of ['Page', 'Network', 'Runtime', 'Log']) await call(`${domain}.enable`)
    await call('Emulation.setDeviceMetricsOverride', { width, height, deviceScaleFactor: 1, mobile: false })
    await call('Emulation.setEmulatedMedia', { features: [{ name: 'prefers-color-scheme', value: colours }] })
    await call('Page.navigate', { url })
    await loaded
    const evaluate = async (expression: string): Promise<unknown> => {
      const found = await call('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true })
      if (found['exceptionDetails'] !== undefined) throw new Error(JSON.stringify(found['exceptionDetails']))
      return (found['result'] as { value?: unknown }).value
    }
    return {
      faults,
      requests,
      evaluate,
      point: async (x, y) => void (await call('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y })),
      screenshot: async () => {
        const { data } = await call('Page.captureScreenshot', {
          captureBeyondViewport: true,
          ...(await wholeOf(call, width)),
        })
        return Buffer.from(data as string, 'base64')
      },
    }
  }

  async stop(): Promise<void> {
    const ended = once(this.#child, 'exit')
    this.#socket.close()
    this.#child.kill()
    await ended
    rmSync(this.#folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  }

  #take({ id, method, params = {}, result = {}, error, sessionId }: Answer): void {
    if (id === undefined) {
      if (method !== undefined && sessionId !== undefined) this.#listeners.get(sessionId)?.(method, params)
      return
    }
    const waiting = this.#waiting.get(id)
    this.#waiting.delete(id)
    if (error === undefined) waiting?.resolve(result)
    else waiting?.reject(new Error(error.message))
  }

  #call(method: string, params: Params, sessionId?: string): Promise<Params> {
    const id = this.#nextId++
    this.#socket.send(JSON.stringify({ id, method, params, ...(sessionId !== undefined && { sessionId }) }))
    return new Promise((resolve, reject) => this.#waiting.set(id, { resolve, reject }))
  }
}

async function wholeOf(call: (method: string) => Promise<Params>, width: number): Promise<Params> {
  const { cssContentSize } = (await call('Page.getLayoutMetrics')) as { cssContentSize: { height: number } }
  return { clip: { x: 0, y: 0, width, height: Math.ceil(cssContentSize.height), scale: 1 } }
}
