import * as z from 'zod'

const clause = String.raw`\s*(~=|==|!=|<=|>=|<|>)?\s*v?\d[a-z0-9.+-]*(\.\*)?\s*`

/** Clauses as pip writes them, joined by commas: `>=2.3,<3`, `~=2.3.1`, `==2.3.*`, `!=2.4.0`; a bare version means `==`. */
export const VersionRange = z
  .string()
  .max(200)
  .regex(
    new RegExp(`^${clause}(,${clause})*$`, 'i'),
    'must be a version or clauses like ">=2.3,<3" with ==, !=, <=, <, >=, >, ~=',
  )
