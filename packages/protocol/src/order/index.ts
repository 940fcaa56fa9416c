/**
 * Orders in which a reader can ask for messages: {@link AuthorOrder} and {@link CausalOrder}. Pure, like the machine, and
 * outside it.
 */
export { AuthorOrder } from './author-order.ts'
export { CausalOrder } from './causal-order.ts'
export { orderDefaults, type Missing, type Order, type Ordered, type OrderGap, type OrderOptions } from './order.ts'
