import { expect, it } from 'vitest'
import { Cron, formatCron, parseCron } from '../../../schemas/cron.ts'

it.each([
  ['0 2 * * *', '0 2 * * *'],
  ['*/15 * * * *', '0,15,30,45 * * * *'],
  ['5-20/5 0 1 jan-MAR,12 *', '5,10,15,20 0 1 1,2,3,12 *'],
  ['0 0 * * 5-7', '0 0 * * 0,5,6'],
  ['0 0 * * sun,7', '0 0 * * 0'],
  ['0-59 */1 1-31 1-12 0-6', '* * * * *'],
  ['  1   2 3\t4 * ', '1 2 3 4 *'],
])('%j is read as %s', (text, canonical) => {
  expect(Cron.safeParse(text).success).toBe(true)
  expect(formatCron(parseCron(text))).toBe(canonical)
})

it.each([
  ['', 'has 0 fields, not 5'],
  ['0 2 * *', 'has 4 fields, not 5'],
  ['@daily', 'has 1 field, not 5'],
  ['0 0 2 * * *', 'has 6 fields, not 5'],
  ['60 * * * *', 'field 1 (minute) "60"'],
  ['-1 * * * *', 'field 1 (minute) "-1"'],
  ['* 24 * * *', 'field 2 (hour) "24": must be *, numbers from 0 to 23'],
  ['* * 0 * *', 'field 3 (day of month) "0"'],
  ['* * * MON *', 'field 4 (month) "MON"'],
  ['* * * * 8', 'field 5 (day of week) "8"'],
  ['* * ? * *', 'field 3 (day of month) "?"'],
  ['* * L * *', 'field 3 (day of month) "L"'],
  ['5/15 * * * *', 'a step is a number from 1'],
  ['*/0 * * * *', 'a step is a number from 1'],
  ['30-10 * * * *', 'runs backwards'],
  [', * * * *', 'field 1'],
  ['1-2-3 * * * *', 'field 1'],
  ['0 0 31 2,4 *', 'never comes: no month of 2, 4 has a day 31'],
  ['0 0 1 * MON', 'gives both day of month and day of week; write * for one'],
])('%j is refused: %s', (text, problem) => {
  const messages = Cron.safeParse(text).error?.issues.map(({ message }) => message) ?? []
  expect(messages).toEqual([expect.stringContaining(problem)])
  expect(() => parseCron(text)).toThrow(problem)
})

it('every bad field is named at once', () => {
  expect(Cron.safeParse('61 24 * 13 9').error?.issues).toHaveLength(4)
})
