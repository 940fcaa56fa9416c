import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  configFile,
  expectation,
  formatValue,
  loadConfig,
  optionName,
  optionNames,
  options,
  parseValue,
  readConfig,
  variableOf,
  writeOption,
} from '../src/config/index.ts'
import { temporaryFolder } from './temporary-home.ts'

const refused = (message: RegExp, hint: RegExp): object =>
  expect.objectContaining({
    code: 'config',
    message: expect.stringMatching(message),
    hint: expect.stringMatching(hint),
  })

describe('the table', () => {
  test.each(optionNames)(
    '%s has a default that it accepts itself, and says what it does and where that comes from',
    (name) => {
      const { does, raising, source, type } = options[name]
      for (const text of [does, raising, source, expectation(type)]) expect(text.length).toBeGreaterThan(5)
      expect(parseValue(name, formatValue(options[name].default), 'the test')).toEqual(options[name].default)
      expect(variableOf(name)).toMatch(/^GRAPEVINE(_[A-Z]+)+$/)
    },
  )
})

describe('a value', () => {
  test('comes from flag, environment, file or default, in this order, and says from which', () => {
    const home = temporaryFolder()
    const load = (flags = {}, env = {}) => {
      const { config, origins } = loadConfig(home, { flags, env })
      return [config['connections.max'], origins['connections.max']]
    }
    expect(load()).toEqual([300, 'default'])
    writeOption(home, 'connections.max', 10)
    expect(load()).toEqual([10, 'file'])
    expect(load({}, { GRAPEVINE_CONNECTIONS_MAX: '11' })).toEqual([11, 'environment'])
    expect(load({ 'connections.max': 12 }, { GRAPEVINE_CONNECTIONS_MAX: '11' })).toEqual([12, 'flag'])
    expect(load({}, { GRAPEVINE_CONNECTIONS_MAX: '' })).toEqual([10, 'file'])
  })

  test.each([
    ['connections.max = 7', /connections\.max from config\.toml is 7/, /whole number from 8 to 10000/],
    ['connections.max = "300"', /is 300/, /whole number/],
    ['[connections]\nmax = 3.5', /is 3\.5/, /whole number/],
    ['log.level = "loud"', /is loud/, /one of error, warn, info/],
    ['listen = ["127.0.0.1:80"]', /is \["127\.0\.0\.1:80"\]/, /multiaddrs such as/],
    ['api.tcp = "0.0.0.0:4180"', /is 0\.0\.0\.0:4180/, /loopback/],
    ['log.levl = "info"', /no option log\.levl/, /did you mean log\.level\?/],
    ['logLevel = "info"', /no option logLevel/, /did you mean log\.level\?/],
    ['sunshine = 1', /no option sunshine/, /the options are: listen, announce/],
    ['listen = [', /config\.toml, line 1: /, /a line looks like/],
  ])('that is wrong in the file is refused by name: %s', (text, message, hint) => {
    const home = temporaryFolder()
    writeFileSync(configFile(home), text)
    expect(() => loadConfig(home)).toThrow(refused(message, hint))
  })

  test('that is wrong in the environment names the variable; what is nearly one of ours is refused, others are left alone', () => {
    const home = temporaryFolder()
    const load = (env: NodeJS.ProcessEnv) => () => loadConfig(home, { env })
    expect(load({ GRAPEVINE_LOG_LEVEL: 'x' })).toThrow(refused(/from GRAPEVINE_LOG_LEVEL is x/, /one of/))
    expect(load({ GRAPEVINE_LOGLEVEL: 'info' })).toThrow(refused(/GRAPEVINE_LOGLEVEL/, /GRAPEVINE_LOG_LEVEL\?/))
    const others = { GRAPEVINE_HOME: '/x', GRAPEVINE_TOPIC: 'x', GRAPEVINE_SOMETHING_ELSE: 'x', LISTEN: 'x' }
    expect(load({ ...others, GRAPEVINE_LISTEN: '/ip4/127.0.0.1/tcp/1, /ip6/::1/tcp/2' })().config.listen).toEqual([
      '/ip4/127.0.0.1/tcp/1',
      '/ip6/::1/tcp/2',
    ])
  })

  test('that a program gives wrongly is refused too', () => {
    const flags = { 'log.level': 'x' as 'info' }
    expect(() => loadConfig(temporaryFolder(), { flags })).toThrow(refused(/log\.level from the caller is x/, /one of/))
  })

  test('typed wrongly is usage, not configuration', () => {
    expect(() => optionName('lisen', 'usage')).toThrow(expect.objectContaining({ code: 'usage' }))
    expect(() => parseValue('log.level', 'x', 'here', 'usage')).toThrow(expect.objectContaining({ code: 'usage' }))
  })
})

describe('setting an option', () => {
  const write = (text: string): string => {
    const home = temporaryFolder()
    writeFileSync(join(home, 'config.toml'), text)
    return home
  }

  test('keeps comments, order and tables, and puts a new one before the first table', () => {
    const home = write('# mine\nlog.level = "info" # loud\nlisten = []\n\n[connections]\n# many\nmax = 20')
    writeOption(home, 'log.level', 'debug')
    writeOption(home, 'batch.max', 1)
    writeOption(home, 'connections.max', 21)
    expect(readFileSync(configFile(home), 'utf8')).toBe(
      '# mine\nlog.level = "debug"\nlisten = []\n\nbatch.max = 1\n[connections]\n# many\nmax = 21\n',
    )
    expect(readConfig(home)).toEqual({ 'log.level': 'debug', listen: [], 'batch.max': 1, 'connections.max': 21 })
  })

  test('whose table is there goes into it', () => {
    const home = write('[validate]\n# slow disk\ntimeoutMs = 200')
    writeOption(home, 'validate.concurrency', 4)
    expect(readFileSync(configFile(home), 'utf8')).toBe('[validate]\nconcurrency = 4\n# slow disk\ntimeoutMs = 200')
    writeOption(home, 'log.level', 'warn')
    expect(readConfig(home)).toEqual({ 'validate.concurrency': 4, 'validate.timeoutMs': 200, 'log.level': 'warn' })
  })

  test('that stands in an unusual form still has the value that was asked for', () => {
    const home = write('connections = { max = 20 }\nlog.level = "warn"\n')
    writeOption(home, 'connections.max', 30)
    expect(readConfig(home)).toEqual({ 'connections.max': 30, 'log.level': 'warn' })
    const lists = write('listen = [\n  "/ip4/127.0.0.1/tcp/1",\n]\nbatch.max = 2\n')
    writeOption(lists, 'listen', ['/ip4/127.0.0.1/tcp/9'])
    expect(readConfig(lists)).toEqual({ listen: ['/ip4/127.0.0.1/tcp/9'], 'batch.max': 2 })
  })

  test('and unsetting it leaves the rest', () => {
    const home = write('log.level = "info"\nbatch.max = 2\n')
    writeOption(home, 'log.level', undefined)
    expect(readFileSync(configFile(home), 'utf8')).toBe('batch.max = 2\n')
    writeOption(home, 'journal.bytesMax', undefined)
    expect(readConfig(home)).toEqual({ 'batch.max': 2 })
  })
})
