const zero = 0x30
const nine = 0x39
const dollar = 0x24
const isOperator = new Uint8Array(256)
for (const sign of '+-*/×÷=') isOperator[sign.charCodeAt(0)] = 1

/** Matches of `\d\s*[-+/*×÷=]\s*\$?\d`, none overlapping another, as a global regular expression counts them. */
export function countOperations(text: string): number {
  let count = 0
  let free = 0
  for (let at = 1; at < text.length; at++) {
    const code = text.charCodeAt(at)
    if (code > 255 || isOperator[code] === 0) continue
    let left = at - 1
    while (left >= free && isSpace(text.charCodeAt(left))) left--
    if (left < free || !isDigit(text.charCodeAt(left))) continue
    let right = at + 1
    while (isSpace(text.charCodeAt(right))) right++
    if (text.charCodeAt(right) === dollar) right++
    if (!isDigit(text.charCodeAt(right))) continue
    count += 1
    free = right + 1
    at = right
  }
  return count
}

function isDigit(code: number): boolean {
  return code >= zero && code <= nine
}

/** What `\s` matches. */
function isSpace(code: number): boolean {
  if (code <= 0x20) return code === 0x20 || (code >= 0x09 && code <= 0x0d)
  if (code < 0x1680) return code === 0xa0
  return (
    code === 0x1680 ||
    (code >= 0x2000 && code <= 0x200a) ||
    code === 0x2028 ||
    code === 0x2029 ||
    code === 0x202f ||
    code === 0x205f ||
    code === 0x3000 ||
    code === 0xfeff
  )
}
