import { serveTasks } from '../../adapters/system/serve-tasks.ts'
import { Fault } from '../../core/platform/fault.ts'

let setups = 0

serveTasks({
  multiply: async (setup) => {
    if (typeof setup !== 'number') throw new Error(`${setup} is not a number`)
    setups += 1
    return (input) => (input as number) * setup
  },
  setups: async () => () => setups,
  reverse: async () => (input) => ({ bytes: (input as Uint8Array).toReversed() }),
  refuse: async (setup) => () => {
    if (setup === 'error') throw new Error('broken')
    throw new Fault('invalid', 'no', { errors: [{ pointer: '/a', code: 'bad', message: 'bad', remedy: 'mend' }] })
  },
  die: async () => () => process.exit(3),
})
