/** A longer answer says more than that it does not answer. */
const longest = 400

const sorry =
  "(?:(?:i['’]?m|i am) (?:very |so |really )?sorry|sorry|my apologies|i apologi[sz]e|unfortunately|regrettably)"
const asModel = '(?:as an? (?:ai|artificial intelligence|(?:large )?language model)[a-z -]{0,40})'
const cannot =
  "(?:i['’]?m (?:not able|unable) to|i am (?:not able|unable) to|i (?:can['’]?t|can ?not|won['’]?t|will not|do not|don['’]?t)(?: be able to)?(?: have the ability to)?)"
const act =
  '(?:help|assist|provide|fulfil|fulfill|comply|answer|do that|do this|create|generate|write|support|engage|discuss|continue|offer|share|access|browse|have (?:access|personal|feelings|opinions))'
const english = new RegExp(
  `^(?:${sorry}[,.!]? ?(?:but )?)?(?:for (?:any|the) [a-z ]{0,30}[,.] ?)?(?:but )?(?:${asModel}[,.]? ?)?${cannot} ${act}\\b`,
  'i',
)
const chinese =
  /^(?:(?:很|非常|十分)?(?:抱歉|对不起|不好意思|遗憾)[，,。！!]?)?(?:但是?)?(?:作为(?:一个|一名|一款)?(?:AI|人工智能|大?语言模型|智能)[^，,。]{0,12}[，,]?)?我?(?:无法|不能|没有办法|没办法|不可以|不会)(?:为您|为你|给您|给你|向您|向你|直接)?(?:提供|帮助|协助|回答|满足|完成|生成|执行|访问|参与|讨论|继续|支持|写)/i

/** Whether a short answer begins by saying that it will not answer, in English or Chinese. */
export function isRefusal(answer: string): boolean {
  const text = answer.trim()
  if (text.length === 0 || text.length > longest) return false
  return english.test(text) || chinese.test(text)
}
