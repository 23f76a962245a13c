// A record that is being changed by many events of one commit: copied at the first change and only then, so that a
// thousand events cost one copy and not a thousand.
import { own } from '../../state/primitives/record.ts'

export class Changing<Value> {
  private record: Readonly<Record<string, Value>>
  private copy: Record<string, Value> | null = null

  constructor(record: Readonly<Record<string, Value>>) {
    this.record = record
  }

  get(key: string): Value | undefined {
    return own(this.record, key)
  }

  set(key: string, value: Value): void {
    // Defined, not assigned: a name from outside may be `__proto__`.
    Object.defineProperty(this.owned(), key, { value, enumerable: true, configurable: true, writable: true })
  }

  delete(key: string): void {
    if (Object.hasOwn(this.record, key)) delete this.owned()[key]
  }

  values(): Value[] {
    return Object.values(this.record)
  }

  /** The record as it is now; the very one that was given if nothing changed. Not to be changed after this. */
  result(): Readonly<Record<string, Value>> {
    this.copy = null
    return this.record
  }

  private owned(): Record<string, Value> {
    this.copy ??= { ...this.record }
    this.record = this.copy
    return this.copy
  }
}
