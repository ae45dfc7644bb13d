import { computeContract } from '../contract/compute-contract.ts'
import { openBatch } from '../support/batch-fixture.ts'
import { startBatchServer } from '../support/batch-server.ts'
import { tempDir } from '../support/temp-dir.ts'

computeContract("AWS Batch, on a server of Batch's protocol", async () => {
  const server = await startBatchServer(tempDir())
  const { compute, ended, printed, close } = openBatch(server.endpoint, server)
  return {
    compute,
    ended,
    printed,
    slots: 2,
    async dispose() {
      close()
      await server.stop()
    },
  }
})
