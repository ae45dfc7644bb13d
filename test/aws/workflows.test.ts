import { contractFunctions, contractMachines, workflowsContract } from '../contract/workflows-contract.ts'
import { openStates } from '../support/states-fixture.ts'
import { startStatesServer } from '../support/states-server.ts'

workflowsContract('Step Functions, on a server of its protocol', async () => {
  const server = await startStatesServer(contractMachines, contractFunctions)
  const { workflows, settled, close } = openStates(server.endpoint, server.machines)
  return {
    workflows,
    settled,
    fresh: (name) => name,
    async dispose() {
      close()
      await server.stop()
    },
  }
})
