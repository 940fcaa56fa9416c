/** The version of this node, as peers and users see it. */
export const version = '0.1.0'
