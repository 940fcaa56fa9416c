/** How keys of users begin. */
export const userPrefix = 'u:'

/** How keys begin that several owners write together: see `readRegister`, `readCounter` and `readSet`. */
export const sharedPrefix = 's:'

/** How keys begin that belong to a life, and are not taken over into the next one. */
export const lifePrefix = 'm:'
