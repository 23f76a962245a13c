// Time comes in as an argument: tests run a calendar of their own, and deadlines do not move when the wall clock does.

export interface Clock {
  /** Wall clock, milliseconds since the epoch. May jump; never use it for a deadline. */
  now(): number
  /** Monotonic milliseconds since an arbitrary start. Does not jump. */
  mono(): number
  /** Calls `fire` once after `ms` (monotonic). Returns the cancel function. Never keeps the process alive alone. */
  after(ms: number, fire: () => void): () => void
}

export const systemClock: Clock = {
  now: () => Date.now(),
  mono: () => performance.now(),
  after(ms, fire) {
    const timer = setTimeout(fire, ms)
    timer.unref()
    return () => clearTimeout(timer)
  },
}

/** A clock that stands still until it is told to move; timers fire in order while it moves. */
export class VirtualClock implements Clock {
  private wall: number
  private monotonic = 0
  private timers: { at: number; fire: () => void }[] = []

  constructor(startMs: number) {
    this.wall = startMs
  }

  now(): number {
    return this.wall
  }

  mono(): number {
    return this.monotonic
  }

  after(ms: number, fire: () => void): () => void {
    const timer = { at: this.monotonic + ms, fire }
    this.timers.push(timer)
    return () => {
      this.timers = this.timers.filter(other => other !== timer)
    }
  }

  /** Moves both clocks forward and fires what falls due on the way. */
  advance(ms: number): void {
    const end = this.monotonic + ms
    for (;;) {
      const due = this.timers.filter(timer => timer.at <= end).sort((a, b) => a.at - b.at)[0]
      if (!due) break
      this.timers = this.timers.filter(timer => timer !== due)
      this.wall += due.at - this.monotonic
      this.monotonic = due.at
      due.fire()
    }
    this.wall += end - this.monotonic
    this.monotonic = end
  }

  /** The wall clock jumps (NTP, resume from sleep); monotonic time does not. */
  jump(ms: number): void {
    this.wall += ms
  }
}
