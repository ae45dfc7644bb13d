import { serveTasks } from '../../adapters/system/serve-tasks.ts'
import { tasks } from './tasks.ts'

serveTasks(tasks)
