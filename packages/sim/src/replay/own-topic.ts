/** Whether a topic is one on which nodes speak of themselves, `!life`: no user's topic can have such a name. */
export const isOwnTopic = (name: string | undefined): boolean => name?.startsWith('!') === true
