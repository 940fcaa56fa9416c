/** Addresses to listen on, where a port of 0 gives way to the one that the node really has. */
export function listening(wanted: readonly string[], addresses: readonly string[]): readonly string[] {
  if (!wanted.some((address) => address.endsWith('/tcp/0'))) return wanted
  return addresses.map((address) => address.replace(/\/p2p\/[^/]+$/, ''))
}
