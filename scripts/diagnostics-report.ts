import { diagnosticsReport } from './labelled-runs/report.ts'

console.log(diagnosticsReport())
