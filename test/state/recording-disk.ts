// A disk in memory that keeps apart what was written and what was synced, and can show every state that a power cut may
// leave: any unsynced sector, length, name, rename or removal may be missing, whatever came after it.
import path from 'node:path'
import type { Disk, Entry, OpenFile, OpenHow } from '../../state/disk.ts'

type FileStep = { kind: 'write'; at: number; bytes: Uint8Array } | { kind: 'truncate'; size: number }

type NameStep =
  | { kind: 'set'; name: string; node: Node }
  | { kind: 'remove'; name: string }
  | { kind: 'rename'; from: string; to: string; node: Node }

interface FileNode {
  kind: 'file'
  id: number
  durable: Uint8Array
  current: Uint8Array
  pending: FileStep[]
}

interface DirectoryNode {
  kind: 'directory'
  id: number
  mode: number
  durable: Map<string, Node>
  current: Map<string, Node>
  pending: NameStep[]
}

type Node = FileNode | DirectoryNode

/** Something unsynced that a power cut may or may not keep. */
export type Step = FileStep | NameStep

const sectorBytes = 512

export class RecordingDisk implements Disk {
  /** Called before every operation that changes or syncs something: each is a moment at which the power may go. */
  beforeOperation: () => void = () => undefined
  /** Labels of syncs that do nothing: what a program without that fsync would do. */
  ignored = new Set<string>()
  /** Every label seen. */
  labels = new Set<string>()
  /** Throws to make an operation fail. */
  fault: (operation: 'write' | 'sync' | 'syncDirectory' | 'open' | 'rename' | 'truncate', path: string) => void = () =>
    undefined
  /** Bytes that fit on the disk. */
  capacity = Number.POSITIVE_INFINITY
  uid = 1000
  private root: DirectoryNode
  private nextId = 1

  constructor() {
    this.root = this.newDirectory()
  }

  /** The same moment of the same machine, on its own: nothing was lost, nothing was synced. */
  clone(): RecordingDisk {
    const seen = new Map<Node, Node>()
    const copy = (node: Node): Node => {
      const known = seen.get(node)
      if (known) return known
      if (node.kind === 'file') {
        const made: FileNode = { ...node, pending: [...node.pending] }
        seen.set(node, made)
        return made
      }
      const made: DirectoryNode = { ...node, durable: new Map(), current: new Map(), pending: [] }
      seen.set(node, made)
      for (const [name, child] of node.durable) made.durable.set(name, copy(child))
      for (const [name, child] of node.current) made.current.set(name, copy(child))
      made.pending = node.pending.map(step => (step.kind === 'remove' ? step : { ...step, node: copy(step.node) }))
      return made
    }
    const disk = new RecordingDisk()
    const root = copy(this.root)
    if (root.kind === 'directory') disk.root = root
    disk.nextId = this.nextId
    disk.ignored = new Set(this.ignored)
    disk.uid = this.uid
    return disk
  }

  /** All that is unsynced, oldest first within a file or directory. */
  unsynced(): Step[] {
    const steps: Step[] = []
    const seen = new Set<Node>()
    const visit = (node: Node) => {
      if (seen.has(node)) return
      seen.add(node)
      steps.push(...node.pending)
      if (node.kind !== 'directory') return
      for (const child of node.durable.values()) visit(child)
      for (const step of node.pending) if (step.kind !== 'remove') visit(step.node)
    }
    visit(this.root)
    return steps
  }

  /** What a power cut leaves when it keeps just these of the unsynced steps. */
  afterPowerCut(kept: ReadonlySet<Step>): RecordingDisk {
    const disk = new RecordingDisk()
    disk.nextId = this.nextId
    disk.ignored = new Set(this.ignored)
    disk.uid = this.uid
    const seen = new Map<Node, Node>()
    const settle = (node: Node): Node => {
      const known = seen.get(node)
      if (known) return known
      if (node.kind === 'file') {
        const bytes = node.pending.filter(step => kept.has(step)).reduce(applyToBytes, node.durable)
        const made: FileNode = { kind: 'file', id: node.id, durable: bytes, current: bytes, pending: [] }
        seen.set(node, made)
        return made
      }
      const names = new Map(node.durable)
      for (const step of node.pending) if (kept.has(step)) applyToNames(names, step)
      const made: DirectoryNode = { ...node, durable: new Map(), current: new Map(), pending: [] }
      seen.set(node, made)
      for (const [name, child] of names) {
        const settled = settle(child)
        made.durable.set(name, settled)
        made.current.set(name, settled)
      }
      return made
    }
    const root = settle(this.root)
    if (root.kind === 'directory') disk.root = root
    return disk
  }

  /** Changes bytes as they lie on the disk, as bad hardware or an editor would. */
  tamper(file: string, change: (bytes: Uint8Array) => Uint8Array): void {
    const node = this.fileAt(file)
    node.current = change(Uint8Array.from(node.current))
    node.durable = node.current
    node.pending = []
  }

  async open(file: string, how: OpenHow): Promise<OpenFile> {
    this.fault('open', file)
    const parent = this.directoryAt(path.dirname(file))
    const name = path.basename(file)
    const found = parent.current.get(name)
    if (found?.kind === 'directory') throw failure('EISDIR', file)
    if (found && how === 'make') throw failure('EEXIST', file)
    if (found) return this.handle(found, file)
    if (how === 'read') throw failure('ENOENT', file)
    this.beforeOperation()
    const made: FileNode = {
      kind: 'file',
      id: this.nextId++,
      durable: new Uint8Array(),
      current: new Uint8Array(),
      pending: [],
    }
    parent.current.set(name, made)
    parent.pending.push({ kind: 'set', name, node: made })
    return this.handle(made, file)
  }

  async read(file: string): Promise<Uint8Array | null> {
    const node = this.lookup(file)
    if (node === null) return null
    if (node.kind === 'directory') throw failure('EISDIR', file)
    return node.current
  }

  async rename(from: string, to: string): Promise<void> {
    this.fault('rename', to)
    if (path.dirname(from) !== path.dirname(to)) throw failure('EXDEV', to)
    const parent = this.directoryAt(path.dirname(from))
    const node = parent.current.get(path.basename(from))
    if (!node) throw failure('ENOENT', from)
    this.beforeOperation()
    const step: NameStep = { kind: 'rename', from: path.basename(from), to: path.basename(to), node }
    applyToNames(parent.current, step)
    parent.pending.push(step)
  }

  async unlink(file: string): Promise<void> {
    const parent = this.directoryAt(path.dirname(file))
    const name = path.basename(file)
    if (!parent.current.has(name)) return
    this.beforeOperation()
    parent.current.delete(name)
    parent.pending.push({ kind: 'remove', name })
  }

  async list(directory: string): Promise<string[]> {
    return [...this.directoryAt(directory).current.keys()].sort()
  }

  async makeDirectory(directory: string): Promise<boolean> {
    const parent = this.directoryAt(path.dirname(directory))
    const name = path.basename(directory)
    if (parent.current.has(name)) return false
    this.beforeOperation()
    const made = this.newDirectory()
    parent.current.set(name, made)
    parent.pending.push({ kind: 'set', name, node: made })
    return true
  }

  async restrict(directory: string): Promise<void> {
    this.directoryAt(directory).mode = 0o700
  }

  async stat(file: string): Promise<Entry | null> {
    const node = this.lookup(file)
    if (node === null) return null
    const identity = `1:${node.id}`
    if (node.kind === 'directory') return { kind: 'directory', size: 0, mode: node.mode, uid: this.uid, identity }
    return { kind: 'file', size: node.current.length, mode: 0o600, uid: this.uid, identity }
  }

  async syncDirectory(directory: string, label: string): Promise<void> {
    this.fault('syncDirectory', directory)
    const node = this.directoryAt(directory)
    this.beforeOperation()
    this.labels.add(label)
    if (this.ignored.has(label)) return
    node.durable = new Map(node.current)
    node.pending = []
  }

  private handle(node: FileNode, file: string): OpenFile {
    return {
      append: async bytes => {
        this.fault('write', file)
        const room = Math.max(0, this.capacity - this.used())
        // A write that no longer fits takes what fits, as write(2) does.
        for (const piece of sectors(node.current.length, bytes.subarray(0, room))) {
          this.beforeOperation()
          this.apply(node, piece)
        }
        if (room < bytes.length) throw failure('ENOSPC', file)
      },
      readAt: async (position, length) => node.current.slice(position, position + length),
      truncate: async size => {
        this.fault('truncate', file)
        if (size === node.current.length) return
        this.beforeOperation()
        this.apply(node, { kind: 'truncate', size })
      },
      size: async () => node.current.length,
      sync: async label => {
        this.fault('sync', file)
        this.beforeOperation()
        this.labels.add(label)
        if (this.ignored.has(label)) return
        node.durable = node.current
        node.pending = []
      },
      close: async () => undefined,
    }
  }

  private apply(node: FileNode, step: FileStep): void {
    node.current = applyToBytes(node.current, step)
    node.pending.push(step)
  }

  /** Bytes of all files. */
  used(): number {
    let bytes = 0
    const visit = (node: Node) => {
      if (node.kind === 'file') bytes += node.current.length
      else for (const child of node.current.values()) visit(child)
    }
    visit(this.root)
    return bytes
  }

  private lookup(file: string): Node | null {
    let node: Node = this.root
    for (const name of file.split('/').filter(part => part !== '')) {
      const next: Node | undefined = node.kind === 'directory' ? node.current.get(name) : undefined
      if (!next) return null
      node = next
    }
    return node
  }

  private directoryAt(directory: string): DirectoryNode {
    const node = this.lookup(directory)
    if (node === null) throw failure('ENOENT', directory)
    if (node.kind !== 'directory') throw failure('ENOTDIR', directory)
    return node
  }

  private fileAt(file: string): FileNode {
    const node = this.lookup(file)
    if (node?.kind !== 'file') throw failure('ENOENT', file)
    return node
  }

  private newDirectory(): DirectoryNode {
    return {
      kind: 'directory',
      id: this.nextId++,
      mode: 0o700,
      durable: new Map(),
      current: new Map(),
      pending: [],
    }
  }
}

/** An error as the file system gives it. */
export function failure(code: string, file: string): Error {
  return Object.assign(new Error(`${code}: ${file}`), { code })
}

/** A write becomes as many steps as it touches sectors, since each may be lost alone. */
function sectors(at: number, bytes: Uint8Array): FileStep[] {
  const steps: FileStep[] = []
  for (let done = 0; done < bytes.length; ) {
    const length = Math.min(sectorBytes - ((at + done) % sectorBytes), bytes.length - done)
    steps.push({ kind: 'write', at: at + done, bytes: Uint8Array.from(bytes.subarray(done, done + length)) })
    done += length
  }
  return steps
}

function applyToBytes(bytes: Uint8Array, step: FileStep): Uint8Array {
  if (step.kind === 'truncate') {
    const cut = new Uint8Array(step.size)
    cut.set(bytes.subarray(0, step.size))
    return cut
  }
  const made = new Uint8Array(Math.max(bytes.length, step.at + step.bytes.length))
  made.set(bytes)
  made.set(step.bytes, step.at)
  return made
}

function applyToNames(names: Map<string, Node>, step: NameStep): void {
  if (step.kind === 'set') names.set(step.name, step.node)
  else if (step.kind === 'remove') names.delete(step.name)
  else {
    names.delete(step.from)
    names.set(step.to, step.node)
  }
}

/**
 * Choices of what a power cut keeps: all subsets while they are few, else none, all, each alone, all but each, and some at
 * random.
 */
export function* powerCuts(steps: readonly Step[], random: () => number): Generator<ReadonlySet<Step>> {
  if (steps.length <= 4) {
    for (let bits = 0; bits < 1 << steps.length; bits++) yield new Set(steps.filter((_, index) => bits & (1 << index)))
    return
  }
  yield new Set()
  yield new Set(steps)
  const some = steps.length <= 8 ? steps : steps.filter(() => random() < 8 / steps.length)
  for (const step of some) {
    yield new Set([step])
    yield new Set(steps.filter(other => other !== step))
  }
  for (let count = 0; count < 4; count++) yield new Set(steps.filter(() => random() < 0.5))
}

/** Repeatable chance (mulberry32). */
export function seeded(seed: number): () => number {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296
  }
}
