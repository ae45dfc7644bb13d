// A server that a test can kill. Builds named `large` run in a process of their own.
import { startServer } from '../../local/server.ts'
import { withLargeBuilds } from './large-builds.ts'

const directory = process.argv[2] ?? ''
const config = { directory, port: 0, maxExecutions: 4, maxTrainers: 2, graceSeconds: 2 }
const { url, token, stop } = await startServer(config, () => {}, { around: withLargeBuilds })
process.once('SIGTERM', () => stop().then(() => process.exit(0)))
process.stdout.write(`${JSON.stringify({ url, token })}\n`)
