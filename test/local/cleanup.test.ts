import { expect, it } from 'vitest'
import { createCleanup, startedOrUndone } from '../../local/cleanup.ts'

it('ends the newest first, everything even when one fails, and only once', async () => {
  const ended: string[] = []
  const cleanup = createCleanup()
  cleanup.add(() => ended.push('first'))
  cleanup.add(async () => {
    ended.push('second')
    throw new Error('stuck')
  })
  cleanup.add(() => ended.push('third'))
  await expect(cleanup.run()).rejects.toThrow('stuck')
  await cleanup.run()
  expect(ended).toEqual(['third', 'second', 'first'])
})

it('a start that fails is undone, and its own error is thrown', async () => {
  const ended: string[] = []
  const start = startedOrUndone(async (cleanup) => {
    cleanup.add(() => ended.push('lock'))
    cleanup.add(() => Promise.reject(new Error('not this one')))
    throw new Error('no port')
  })
  await expect(start).rejects.toThrow('no port')
  expect(ended).toEqual(['lock'])
})
