/** What rows can be laid out as. Apart from the layouts, so that naming them loads none. */
export const layoutNames = [
  'canonical',
  'verl',
  'gsm8k',
  'alpaca',
  'sharegpt',
  'chatml',
  'messages',
  'trl-preference',
  'trl-unpaired',
  'trl-prompt-completion',
] as const
export type LayoutName = (typeof layoutNames)[number]
