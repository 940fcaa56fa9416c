/** The end of a command's help: lines that work as pasted. */
export function examples(...lines: readonly string[]): string {
  const title = lines.length === 1 ? 'Example:' : 'Examples:'
  return `\n${title}\n${lines.map((line) => `  ${line}`).join('\n')}`
}

/** How an argument names a peer. */
export const peerHelp = 'id, at least 6 characters of its end, or name'

/** A well-formed peer id that nobody has, for examples. */
export const examplePeer = '12D3KooWRqpHdSafUV2gUXdVkyc4DSg2ghMXqf8a2YxdyqrSyrbT'
