import type { Length } from '../../../schemas/operators.ts'
import { conversationSize, rowTokens } from '../../text/describe-row.ts'
import type { RowOperator, RowOutcome } from './row-operator.ts'

/** Drops rows outside the limits. Tokens are estimated: exact counts need a tokenizer, which belongs to a model. */
export function createLength(config: Length): RowOperator {
  const { min_tokens, max_tokens, max_turns, max_tool_calls } = config
  return {
    name: 'length',
    config,
    apply(row): RowOutcome {
      const tokens = rowTokens(row)
      if (!(tokens >= min_tokens)) return over('too_short', tokens, 'tokens (estimated)', 'least', min_tokens)
      if (!(tokens <= max_tokens)) return over('too_long', tokens, 'tokens (estimated)', 'most', max_tokens)
      const { turns, tool_calls } = conversationSize(row)
      if (!(turns <= max_turns)) return over('too_many_turns', turns, 'turns', 'most', max_turns)
      if (!(tool_calls <= max_tool_calls))
        return over('too_many_tool_calls', tool_calls, 'calls of tools', 'most', max_tool_calls)
      return { kept: row }
    },
  }
}

function over(dropped: string, found: number, unit: string, side: 'least' | 'most', limit: number): RowOutcome {
  return { dropped, detail: `${found} ${unit}, at ${side} ${limit}` }
}
