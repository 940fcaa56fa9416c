/** Places on the earth, how many nodes are in each, and how long a packet takes between them. */
export interface RegionMap {
  readonly regions: readonly {
    readonly name: string
    /** Nodes there, in proportion. */
    readonly weight: number
  }[]
  /** One way, in ms, from the region of the row to that of the column. */
  readonly ms: readonly (readonly number[])[]
}

/** Eight regions, as gossipsub-interop (libp2p/test-plans) has them for Shadow. */
export const worldMap: RegionMap = {
  regions: [
    { name: 'australia', weight: 290 },
    { name: 'europe', weight: 5599 },
    { name: 'east asia', weight: 1059 },
    { name: 'west asia', weight: 161 },
    { name: 'north america, east', weight: 2894 },
    { name: 'north america, west', weight: 1240 },
    { name: 'south africa', weight: 47 },
    { name: 'south america', weight: 36 },
  ],
  ms: [
    [2, 165, 110, 180, 150, 110, 220, 190],
    [165, 2, 125, 60, 70, 110, 95, 140],
    [110, 125, 4, 110, 140, 100, 175, 175],
    [180, 60, 110, 5, 110, 150, 110, 145],
    [150, 70, 140, 110, 2, 60, 130, 100],
    [110, 110, 100, 150, 60, 2, 160, 100],
    [220, 95, 175, 110, 130, 160, 7, 190],
    [190, 140, 175, 145, 100, 100, 195, 7],
  ],
}
