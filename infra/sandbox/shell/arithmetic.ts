// `$((…))`: integers, variables, parentheses, the usual operators.

const levels: readonly (readonly string[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<=', '>=', '<', '>'],
  ['+', '-'],
  ['*', '/', '%'],
]

export function arithmetic(expression: string, variable: (name: string) => string): number {
  const tokens = expression.match(/\d+|[A-Za-z_]\w*|&&|\|\||[=!<>]=|[-+*/%<>()!]/g) ?? []
  let at = 0
  const primary = (): number => {
    const token = tokens[at++] ?? '0'
    if (token === '(') {
      const value = binary(0)
      at++
      return value
    }
    if (token === '-') return -primary()
    if (token === '+') return primary()
    if (token === '!') return Number(primary() === 0)
    return /^\d/.test(token) ? Number(token) : Math.trunc(Number(variable(token)) || 0)
  }
  const binary = (level: number): number => {
    const operators = levels[level]
    if (!operators) return primary()
    let left = binary(level + 1)
    for (;;) {
      const operator = tokens[at]
      if (operator === undefined || !operators.includes(operator)) return left
      at++
      left = apply(operator, left, binary(level + 1))
    }
  }
  return binary(0)
}

function apply(operator: string, left: number, right: number): number {
  switch (operator) {
    case '+':
      return left + right
    case '-':
      return left - right
    case '*':
      return left * right
    case '/':
      return right === 0 ? 0 : Math.trunc(left / right)
    case '%':
      return right === 0 ? 0 : left % right
    case '==':
      return Number(left === right)
    case '!=':
      return Number(left !== right)
    case '<':
      return Number(left < right)
    case '>':
      return Number(left > right)
    case '<=':
      return Number(left <= right)
    case '>=':
      return Number(left >= right)
    case '&&':
      return Number(left !== 0 && right !== 0)
    default:
      return Number(left !== 0 || right !== 0)
  }
}
