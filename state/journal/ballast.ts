// A file that only takes up room: on a full disk it is given up, so that the outcome of what has already happened outside
// can still be written.
import { type Disk, isFull, type OpenFile } from '../disk.ts'

export class Ballast {
  private readonly file: OpenFile
  private readonly bytes: number

  private constructor(file: OpenFile, bytes: number) {
    this.file = file
    this.bytes = bytes
  }

  /** Opens the ballast and fills it if there is room. Its name is made durable by the caller's directory fsync. */
  static async open(disk: Disk, path: string, bytes: number): Promise<Ballast> {
    const ballast = new Ballast(await disk.open(path, 'append'), bytes)
    await ballast.fill()
    return ballast
  }

  /** False when there is no room for it. */
  async fill(): Promise<boolean> {
    try {
      if ((await this.file.size()) !== this.bytes) {
        await this.file.truncate(0)
        await this.file.append(incompressible(this.bytes))
      }
      await this.file.sync('ballast')
      return true
    } catch (error) {
      if (!isFull(error)) throw error
      await this.file.truncate(0)
      return false
    }
  }

  async release(): Promise<void> {
    await this.file.truncate(0)
  }

  async isFilled(): Promise<boolean> {
    return (await this.file.size()) === this.bytes
  }

  close(): Promise<void> {
    return this.file.close()
  }
}

/** Neither a hole nor something that a compressing file system makes small: the room must really be taken. */
function incompressible(bytes: number): Uint8Array {
  const words = new Uint32Array(Math.ceil(bytes / 4))
  let word = 0x9e3779b9
  for (let index = 0; index < words.length; index++) {
    word ^= word << 13
    word ^= word >>> 17
    word ^= word << 5
    words[index] = word
  }
  return new Uint8Array(words.buffer, 0, bytes)
}
