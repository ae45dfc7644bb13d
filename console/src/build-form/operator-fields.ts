/** A setting of an operator as the form has it. `initial` is the API's own default; '' leaves the setting to the API. */
export interface Field {
  key: string
  label: string
  kind: 'number' | 'flag' | 'choice' | 'words' | 'lines' | 'shares'
  initial: string | boolean
  options?: readonly string[]
  hint?: string
}

export interface OperatorForm {
  name: string
  what: string
  on: boolean
  /** A bare true or false for the API: no settings. */
  plain?: true
  fields: readonly Field[]
}

const number = (key: string, label: string, initial: number | '', hint?: string): Field => ({
  key,
  label,
  kind: 'number',
  initial: String(initial),
  ...(hint !== undefined && { hint }),
})
const flag = (key: string, label: string, initial: boolean): Field => ({ key, label, kind: 'flag', initial })
const choice = (key: string, label: string, options: readonly string[]): Field => ({
  key,
  label,
  kind: 'choice',
  initial: options[0] ?? '',
  options,
})

/** The operators of a build in the order they run, each with the API's defaults. A test compares them with the schema. */
export const operatorForms: readonly OperatorForm[] = [
  {
    name: 'normalise',
    what: 'one Unicode form, mended encodings, no stray blanks',
    on: true,
    fields: [
      choice('unicode', 'Unicode form', ['NFC', 'NFKC', 'none']),
      flag('mojibake', 'mend UTF-8 read as Windows-1252', true),
      flag('control_characters', 'take out control characters', true),
      flag('whitespace', 'trim blanks', true),
    ],
  },
  {
    name: 'clean',
    what: 'drops empty, repetitive and unfilled answers',
    on: true,
    fields: [
      number('min_answer_characters', 'least characters of an answer', 1),
      number('max_repeated_line_share', 'most share of repeated lines', 0.5),
      number('max_repeated_trigram_share', 'most share of one word 3-gram', 0.5),
      choice('refusals', 'refusals', ['keep', 'drop']),
      choice('placeholders', 'placeholders', ['drop', 'keep']),
    ],
  },
  {
    name: 'length',
    what: 'drops rows that are too short or too long',
    on: true,
    fields: [
      number('min_tokens', 'least tokens', 0),
      number('max_tokens', 'most tokens', 4096),
      number('max_turns', 'most turns', 8),
      number('max_tool_calls', 'most tool calls', 8),
    ],
  },
  {
    name: 'language',
    what: 'keeps the languages that are allowed',
    on: false,
    fields: [
      { key: 'allow', label: 'languages', kind: 'words', initial: 'en', hint: 'ISO 639-1, for example: en de' },
      number('min_characters', 'judge texts from this many characters', 20),
    ],
  },
  {
    name: 'quality',
    what: 'drops rows of a low quality score',
    on: false,
    fields: [number('min_score', 'least score', 0.3)],
  },
  {
    name: 'pii',
    what: 'personal data: addresses, numbers, keys',
    on: true,
    fields: [
      choice('action', 'what to do', ['mask', 'drop', 'warn']),
      { key: 'patterns', label: 'patterns', kind: 'words', initial: 'email ipv4 cn_mobile cn_id card phone api_key' },
    ],
  },
  {
    name: 'toxicity',
    what: 'drops rows with any of your terms',
    on: false,
    fields: [
      { key: 'terms', label: 'terms', kind: 'lines', initial: '', hint: 'one a line; whole words, case ignored' },
      choice('action', 'what to do', ['drop', 'warn']),
    ],
  },
  {
    name: 'decontaminate',
    what: 'keeps evaluation items out',
    on: true,
    fields: [
      { key: 'against', label: 'against', kind: 'words', initial: 'registered', hint: 'registered, or dataset names' },
      number('ngram', 'words in an n-gram', 5),
      number('threshold', 'least similarity', 0.85),
      flag('masked', 'find copies with other numbers', true),
    ],
  },
  { name: 'exact_duplicates', what: 'drops rows with the same text', on: true, plain: true, fields: [] },
  {
    name: 'near_duplicates',
    what: 'drops rows with almost the same text',
    on: true,
    fields: [number('threshold', 'least similarity', 0.85)],
  },
  {
    name: 'difficulty',
    what: 'labels rows easy, medium or hard',
    on: false,
    fields: [
      number('easy_below', 'easy below this quantile', '', 'a third when empty'),
      number('hard_above', 'hard above this quantile', '', 'two thirds when empty'),
    ],
  },
  {
    name: 'balance',
    what: 'shares of easy, medium and hard; needs difficulty',
    on: false,
    fields: [number('easy', 'easy', 0.25), number('medium', 'medium', 0.45), number('hard', 'hard', 0.3)],
  },
  {
    name: 'mix',
    what: 'shares of the tasks',
    on: false,
    fields: [
      { key: 'weights', label: 'task = share', kind: 'shares', initial: '', hint: 'one a line: math = 2' },
      number('rows', 'rows', '', 'as many as the scarcest task allows when empty'),
    ],
  },
  {
    name: 'split',
    what: 'makes several datasets, NAME-PART each',
    on: false,
    fields: [
      {
        key: 'parts',
        label: 'part = share',
        kind: 'shares',
        initial: 'train = 0.9\nvalidation = 0.1',
        hint: 'one a line',
      },
    ],
  },
]
