/** What sets one Bitcoin network apart from another, as far as headers show it (Bitcoin Core, kernel/chainparams.cpp). */
export interface BitcoinNetwork {
  readonly name: 'mainnet' | 'testnet3' | 'testnet4' | 'regtest'
  /** The first header, 80 bytes in hex. */
  readonly genesis: string
  /** The easiest target, in compact form. */
  readonly easiestBits: number
  /** A block that comes 20 minutes after its parent may have the easiest target. */
  readonly hasEasyBlocks: boolean
  /** The target never changes. */
  readonly isFixed: boolean
  /** BIP 94: targets follow the first block of a period, and a period cannot begin 10 minutes before the last one ended. */
  readonly hasBip94: boolean
  /** From which heights headers need version 2 (BIP 34), 3 (BIP 66) and 4 (BIP 65). */
  readonly versionFrom: readonly [number, number, number]
}

const genesisOf = (tail: string, root = '3ba3edfd7a7b12b27ac72c3e67768f617fc81bc3888a51323a9fb8aa4b1e5e4a'): string =>
  `01000000${'00'.repeat(32)}${root}${tail}`

/** The networks that this relay knows. Signet is none of them: its blocks are signed, and headers do not show that. */
export const bitcoinNetworks: Readonly<Record<BitcoinNetwork['name'], BitcoinNetwork>> = {
  mainnet: {
    name: 'mainnet',
    genesis: genesisOf('29ab5f49ffff001d1dac2b7c'),
    easiestBits: 0x1d00ffff,
    hasEasyBlocks: false,
    isFixed: false,
    hasBip94: false,
    versionFrom: [227_931, 363_725, 388_381],
  },
  testnet3: {
    name: 'testnet3',
    genesis: genesisOf('dae5494dffff001d1aa4ae18'),
    easiestBits: 0x1d00ffff,
    hasEasyBlocks: true,
    isFixed: false,
    hasBip94: false,
    versionFrom: [21_111, 330_776, 581_885],
  },
  testnet4: {
    name: 'testnet4',
    genesis: genesisOf('046f3566ffff001dbb0c7817', '4e7b2b9128fe0291db0693af2ae418b767e657cd407e80cb1434221eaea7a07a'),
    easiestBits: 0x1d00ffff,
    hasEasyBlocks: true,
    isFixed: false,
    hasBip94: true,
    versionFrom: [1, 1, 1],
  },
  regtest: {
    name: 'regtest',
    genesis: genesisOf('dae5494dffff7f2002000000'),
    easiestBits: 0x207fffff,
    hasEasyBlocks: true,
    isFixed: true,
    hasBip94: false,
    versionFrom: [1, 1, 1],
  },
}
