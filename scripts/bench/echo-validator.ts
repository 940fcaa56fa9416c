// Answers each line at once, whole batches together: what the pipes and the node can do.
const accept = Buffer.from('{"verdict":"accept"}\n')

process.stdin.on('data', (chunk) => {
  let lines = 0
  for (let at = chunk.indexOf(10); at >= 0; at = chunk.indexOf(10, at + 1)) lines++
  process.stdout.write(Buffer.concat(Array.from({ length: lines }, () => accept)))
})
