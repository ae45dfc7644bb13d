import { diagnosticsReport } from '../test/support/labelled-runs/report.ts'

console.log(diagnosticsReport())
