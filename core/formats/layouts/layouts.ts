import type { RowFormat } from '../../../schemas/rows.ts'
import { alpaca } from './alpaca.ts'
import { canonical } from './canonical.ts'
import { chatml } from './chatml.ts'
import { gsm8k } from './gsm8k.ts'
import type { Layout } from './layout.ts'
import type { LayoutName } from './layout-names.ts'
import { openaiMessages } from './openai-messages.ts'
import { sharegpt } from './sharegpt.ts'
import { trlPreference, trlPromptCompletion, trlUnpaired } from './trl.ts'
import { verl } from './verl.ts'

/** Layouts that are not canonical, most telling first. */
export const foreignLayouts = {
  verl,
  gsm8k,
  alpaca,
  sharegpt,
  chatml,
  messages: openaiMessages,
  'trl-preference': trlPreference,
  'trl-unpaired': trlUnpaired,
  'trl-prompt-completion': trlPromptCompletion,
} as const satisfies { [name in Exclude<LayoutName, 'canonical'>]: Layout }

/** The layout of this name; canonical is one for each row format. */
export function layoutOf(name: LayoutName, format: RowFormat): Layout {
  return name === 'canonical' ? canonical(format) : foreignLayouts[name]
}
