import { loadMachine } from '../../adapters/embedded/asl/load.ts'
import { contractFunctions, contractMachines, workflowsContract } from '../contract/workflows-contract.ts'
import { openWorkflows } from '../support/asl-workflows.ts'

workflowsContract('ASL interpreter on SQLite', async () => {
  const machines = Object.entries(contractMachines).map(([name, asl]) => loadMachine(name, asl, {}))
  const { workflows, database } = openWorkflows(machines, contractFunctions)
  return {
    workflows,
    settled: (name) => workflows.settle(name),
    fresh: (name) => name,
    async dispose() {
      await workflows.close()
      database.close()
    },
  }
})
