// A process that hosts the compute driver, submits one job and dies at a given database write.
import { DatabaseSync } from 'node:sqlite'
import { openCompute } from './asl-compute-fixture.ts'
import { type CrashPoint, crashingDatabase, killSelf } from './asl-crashing-database.ts'

const { directory, crash, job } = JSON.parse(process.argv[2] ?? '{}') as {
  directory: string
  crash?: CrashPoint
  job: { name: string; definition: string; environment: Record<string, string>; timeoutSeconds: number }
}
const real = new DatabaseSync(`${directory}/jobs.db`, { timeout: 2_000 })
const database = crash ? crashingDatabase(real, crash, killSelf) : real
const { compute, printed } = openCompute(directory, { database })
await compute.resume()
await compute.submit(job)
await printed(job.name, 'started')
process.stdout.write('started\n')
await compute.idle()
process.stdout.write('idle\n')
