// Fields that several forms about trouble have.
import type { Field } from '../keys/action.ts'

/** As the engine has it. */
const longestText = 2_000

/** A few words that somebody will read later; without them it is not written down. */
export function textField(name: string, label: string, hint: string): Field {
  return {
    name,
    label,
    hint,
    initial: () => '',
    check(value) {
      if (value.trim() === '') return 'say it in a few words'
      return value.length > longestText ? `longer than ${longestText} letters` : null
    },
  }
}
