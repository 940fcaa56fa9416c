// Opens a lab with a process in it, prints the id of that process, and waits to be killed.
import { Lab } from '@grapevine/node/lab'

const lab = await Lab.open(1)
const sleeper = lab.spawn(0, 'sleep', ['1000'])
console.log(sleeper.pid)
