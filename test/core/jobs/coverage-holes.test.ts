import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { coverageHoles } from '../../../core/jobs/verify-attempt.ts'

interface Ran {
  resumedFrom: number
  steps: number[]
}

const holes = (attempts: Ran[], planned: number) =>
  coverageHoles(
    attempts.map(({ resumedFrom, steps }, i) => ({
      attempt: { number: i + 1, resumed_from_step: resumedFrom },
      cursor: {
        first_step: steps[0] ?? null,
        last_step: steps.at(-1) ?? null,
        contiguous: steps.every((step, at) => at === 0 || step === (steps[at - 1] as number) + 1),
      },
    })),
    planned,
  )
const range = (from: number, to: number) => Array.from({ length: Math.max(0, to - from + 1) }, (_, i) => from + i)

/** Attempts that are killed anywhere and resume from a checkpoint; the last one ends at the plan's last step. */
const training = fc
  .tuple(fc.integer({ min: 1, max: 60 }), fc.array(fc.tuple(fc.nat(), fc.nat()), { maxLength: 6 }))
  .map(([planned, kills]) => {
    const attempts: Ran[] = []
    let checkpoint = 0
    for (const [kill, saved] of kills) {
      const last = checkpoint + (kill % (planned - checkpoint + 1))
      attempts.push({ resumedFrom: checkpoint, steps: range(checkpoint + 1, last) })
      checkpoint += saved % (last - checkpoint + 1)
    }
    attempts.push({ resumedFrom: checkpoint, steps: range(checkpoint + 1, planned) })
    return { planned, attempts }
  })

describe('the steps of a stage', () => {
  it('are covered by any attempts that follow each other from their checkpoints, wherever they were killed', () => {
    fc.assert(
      fc.property(training, ({ planned, attempts }) => {
        expect(holes(attempts, planned)).toEqual([])
      }),
      { numRuns: 500 },
    )
  })

  it('are not covered when any step of the line that counts is taken out, repeated or swapped', () => {
    fc.assert(
      fc.property(
        training,
        fc.nat(),
        fc.constantFrom('out', 'twice', 'beyond'),
        ({ planned, attempts }, pick, damage) => {
          const last = attempts.at(-1) as Ran
          fc.pre(last.steps.length > 0)
          const at = pick % last.steps.length
          const steps = {
            out: last.steps.toSpliced(at, 1),
            twice: last.steps.toSpliced(at, 0, last.steps[at] as number),
            beyond: [...last.steps, planned + 1],
          }[damage]
          const damaged = [...attempts.slice(0, -1), { ...last, steps }]
          // Without its only step, the last attempt may stand on one that went further before it was killed.
          fc.pre(
            steps.length > 0 ||
              attempts.findLast((each, i) => i < attempts.length - 1 && each.steps.length > 0)?.steps.at(-1) !==
                planned,
          )
          expect(holes(damaged, planned)).toHaveLength(1)
        },
      ),
      { numRuns: 500 },
    )
  })

  it.each<[string, Ran[], string]>([
    ['nothing was logged', [{ resumedFrom: 0, steps: [] }], 'steps 1 to 10 are missing'],
    ['no attempt was made', [], 'steps 1 to 10 are missing'],
    ['the end is missing', [{ resumedFrom: 0, steps: range(1, 9) }], 'steps 10 to 10 are missing'],
    [
      'the start is missing',
      [{ resumedFrom: 0, steps: range(2, 10) }],
      'attempt 1 resumed at step 0 but logged step 2 first',
    ],
    [
      'a step is missing',
      [{ resumedFrom: 0, steps: [1, 2, 4, 5, 6, 7, 8, 9, 10] }],
      'the steps of attempt 1 are not strictly increasing by one',
    ],
    [
      'a step was logged twice',
      [{ resumedFrom: 0, steps: [...range(1, 5), ...range(5, 10)] }],
      'not strictly increasing by one',
    ],
    [
      'there are more steps than planned',
      [{ resumedFrom: 0, steps: range(1, 11) }],
      'step 11 is beyond the planned 10',
    ],
    [
      'an attempt resumed beyond what was logged',
      [
        { resumedFrom: 0, steps: range(1, 3) },
        { resumedFrom: 5, steps: range(6, 10) },
      ],
      'steps 4 to 5 are missing',
    ],
    [
      'a resumed attempt repeats old steps',
      [
        { resumedFrom: 0, steps: range(1, 6) },
        { resumedFrom: 4, steps: range(4, 10) },
      ],
      'attempt 2 resumed at step 4 but logged step 4 first',
    ],
    [
      'the last attempt ended before an earlier one',
      [
        { resumedFrom: 0, steps: range(1, 10) },
        { resumedFrom: 4, steps: range(5, 8) },
      ],
      'steps 9 to 10 are missing',
    ],
  ])('are not covered when %s', (_, attempts, problem) => {
    expect(holes(attempts, 10)).toEqual([expect.stringContaining(problem)])
  })
})
