import type { Operators } from '../../../schemas/operators.ts'
import { createClean } from './clean.ts'
import { createLanguage } from './language.ts'
import { createLength } from './length.ts'
import { createNormalise } from './normalise.ts'
import { createPii } from './pii.ts'
import { createQuality } from './quality.ts'
import type { RowOperator } from './row-operator.ts'
import { createToxicity } from './toxicity.ts'

/** The operators that need no other row, in the order in which they run; those switched off are absent. */
export async function createRowOperators(operators: Operators): Promise<RowOperator[]> {
  const { normalise, clean, length, language, quality, pii, toxicity } = operators
  const created = [
    normalise && createNormalise(normalise),
    clean && createClean(clean),
    length && createLength(length),
    language && (await createLanguage(language)),
    quality && createQuality(quality),
    pii && createPii(pii),
    toxicity && createToxicity(toxicity),
  ]
  return created.filter((operator) => operator !== false)
}
