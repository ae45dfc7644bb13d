import type { Row } from '../schemas/rows.ts'

const common =
  'the of and to in a is that for it was on are as with they at be this from have or by one had not but what all were when we there can an your which their said if do will each about how up out them then she many some so these would other into has more her two like him see time could no make than first been its who now people my made over did down only way find use may water long little very after words called just where most know get through back much before go good new write our used me man too any day same right look think also around another came come work three word must because does part even place well such here take why things help put years different away again off went old number great tell men say small every found still between name should home big give air line set own under read last never us left end along while might next sound below saw something thought both few those always looked show large often together asked house world going want school important until form food keep children feet land side without boy once animals life enough took sometimes four head above kind began almost live page got earth need far hand high year mother light parts country father let night following picture being study second eyes soon times story boys since white days ever paper hard near sentence better best across during today others however sure means knew try told young miles sun ways thing whole hear example heard several change answer room sea against top turned learn point city play toward five using himself usually'.split(
    ' ',
  )
const names = ['Alice', 'Robert', 'Maria', 'Chen', 'Fatima', 'Ivan', 'Noah', 'Priya', 'Tomas', 'Yuki']
const roles = ['teacher', 'engineer', 'nurse', 'student', 'farmer', 'lawyer']
const styles = ['brief', 'patient', 'formal', 'playful']
const tasks = ['hotpotqa', 'strategyqa', 'gsm8k'] as const

export type Random = () => number

/** mulberry32: uniform in [0, 1), the same for the same seed. */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let t = Math.imul(state ^ (state >>> 15), state | 1)
    t ^= t + Math.imul(t ^ (t >>> 7), t | 61)
    return ((t ^ (t >>> 14)) >>> 0) / 2 ** 32
  }
}

/** English-looking sentences of about `words` words: frequent words often, rare ones seldom, numbers and names among them. */
export function prose(random: Random, words: number): string {
  const parts: string[] = []
  let left = 0
  for (let i = 0; i < words; i++) {
    if (left === 0) {
      left = 6 + Math.floor(random() * 14)
      const word = pick(random)
      parts.push(word.charAt(0).toUpperCase() + word.slice(1))
    } else parts.push(pick(random))
    left -= 1
    if (left === 0 || i === words - 1) parts[parts.length - 1] += '.'
  }
  return parts.join(' ')
}

/** A row of messages of about 1 KB; one in twenty repeats an earlier one, with a word changed in half of these, one in fifty has an address. */
export function* generatedRows(seed: number, count: number, words = 150): Generator<Row> {
  const random = seededRandom(seed)
  const earlier: string[] = []
  for (let i = 0; i < count; i++) {
    let answer = prose(random, words)
    const repeats = earlier.length > 0 && random() < 0.05
    if (repeats) answer = earlier[Math.floor(random() * earlier.length)] as string
    if (repeats && random() < 0.5) answer = `${answer} ${pick(random)}`
    if (!repeats && earlier.length < 1000) earlier.push(answer)
    else if (!repeats && random() < 0.01) earlier[Math.floor(random() * 1000)] = answer
    if (random() < 0.02) answer += ` Write to ${pick(random)}${i}@example.com.`
    const role = roles[Math.floor(random() * roles.length)] as string
    const question = `${prose(random, 25).slice(0, -1)} ${Math.floor(random() * 900)} + ${Math.floor(random() * 900)}?`
    yield {
      id: `row-${i}`,
      task: tasks[Math.floor(random() * 3)] as string,
      template: `t${Math.floor(random() * 12)}`,
      role,
      style: styles[Math.floor(random() * styles.length)] as string,
      messages: [
        { role: 'system', content: `You are a ${role} who helps.` },
        { role: 'user', content: question },
        { role: 'assistant', content: answer },
      ],
    }
  }
}

function pick(random: Random): string {
  const chance = random()
  if (chance < 0.02) return names[Math.floor(random() * names.length)] as string
  if (chance < 0.05) return String(Math.floor(random() * 10_000))
  if (chance < 0.25) return made(random)
  // Zipf: the square makes the first words the frequent ones.
  return common[Math.floor(random() ** 2 * common.length)] as string
}

const syllables = [
  'ka',
  'lo',
  'mi',
  'ter',
  'an',
  'du',
  'rex',
  'so',
  'vin',
  'pel',
  'gra',
  'ton',
  'ish',
  'er',
  'al',
  'ment',
]

function made(random: Random): string {
  let word = ''
  for (let i = 0; i < 2 + random() * 2; i++) word += syllables[Math.floor(random() * syllables.length)]
  return word
}
