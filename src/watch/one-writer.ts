// Commands one at a time: each is made from the state that the one before it left, and what could not be written is
// given back, to go out with a later one.

export interface OneWriterOptions<Command> {
  /** What is to be written now; null if nothing is. */
  next(): Command | null
  /** Resolves when it is durable. */
  do(command: Command): Promise<unknown>
  onWritten(command: Command): void
  onFailed(command: Command, error: unknown): void
}

export interface OneWriter {
  /** Writes what is to be written once nothing else is being written. */
  write(): Promise<void>
  /** Resolves when nothing is being written. */
  settled(): Promise<void>
}

export function createOneWriter<Command>(options: OneWriterOptions<Command>): OneWriter {
  let writing: Promise<void> | null = null

  async function settled(): Promise<void> {
    while (writing) await writing
  }

  return {
    settled,
    async write() {
      await settled()
      const command = options.next()
      if (!command) return
      writing = options
        .do(command)
        .then(
          () => options.onWritten(command),
          error => options.onFailed(command, error),
        )
        .finally(() => {
          writing = null
        })
      await writing
    },
  }
}
