/** What a read comes to, as its `catch`, when the other side has ended the stream: undefined. Other errors stay errors. */
export function endOfStream(error: Error): undefined {
  if (error.name !== 'UnexpectedEOFError') throw error
}
