import { computeContract } from '../contract/compute-contract.ts'
import { openCompute } from '../support/asl-compute-fixture.ts'
import { tempDir } from '../support/temp-dir.ts'

computeContract('child processes', async () => {
  const { compute, ended, printed, database } = openCompute(tempDir())
  return {
    compute,
    ended,
    printed,
    slots: 2,
    async dispose() {
      await compute.close({ terminate: true })
      database.close()
    },
  }
})
