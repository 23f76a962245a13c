// biome-ignore-all lint/suspicious/noTemplateCurlyInString: templates as source text are what is read here.
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import path from 'node:path'
import { afterEach, describe, expect, test } from 'vitest'
import { parse, stringify } from 'yaml'
import { errorsIn } from '../../build/docs/errors.ts'
import { keysPage, namedKeys } from '../../build/docs/keys.ts'
import { choicesOf, closing, fieldsOf, spokenText } from '../../build/docs/literals.ts'
import { generatedDocuments, staleDocuments } from '../../build/docs.ts'
import type { Action } from '../../screens/keys/action.ts'
import { actions } from '../../screens/keys/actions.ts'
import { createRoom } from '../../screens/room/room.ts'
import { isScreenId, screens } from '../../screens/screens.ts'
import { commonOptions } from '../../src/cli/command.ts'
import { commands } from '../../src/cli/commands.ts'
import { renderFleetErrors } from '../../src/fleet/errors.ts'
import { loadFleet } from '../../src/fleet/load.ts'
import { bind, readSettings } from '../../src/room/settings.ts'
import { type Bindable, roomSettings } from '../../src/room/shapes.ts'
import { probeKinds } from '../../src/watch/probes/index.ts'
import { fakeEngine } from '../screens/fake-engine.ts'

const root = path.join(import.meta.dirname, '../..')
const read = (file: string) => readFileSync(path.join(root, file), 'utf8')
const pages = ['README.md', ...below('docs').filter(file => file.endsWith('.md'))]

const bindable: readonly Bindable[] = actions.map(({ id, keys, danger, screen }) => ({
  id,
  keys,
  danger,
  screen: screen ?? null,
}))

const made: string[] = []
afterEach(() => {
  for (const folder of made.splice(0)) rmSync(folder, { recursive: true })
})

describe('generated documents', () => {
  test('are what the code says (`npm run docs` writes them anew)', () => {
    const done = spawnSync(process.execPath, ['build/docs.ts', '--check'], { cwd: root, encoding: 'utf8' })
    expect(done.stderr).toBe('')
    expect(done.status).toBe(0)
  })

  test('that differ or are missing are named', () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'watchfloor-docs-'))
    made.push(folder)
    mkdirSync(path.join(folder, 'docs'))
    writeFileSync(path.join(folder, 'docs/a.md'), 'as it was')
    writeFileSync(path.join(folder, 'docs/b.md'), 'as it is')
    const documents = new Map(['a', 'b', 'c'].map(name => [`docs/${name}.md`, 'as it is']))
    expect(staleDocuments(folder, documents)).toEqual(['docs/a.md', 'docs/c.md'])
  })

  test('hold every command, every probe kind and every option', async () => {
    const documents = await generatedDocuments()
    const cli = documents.get('docs/cli.md') ?? ''
    for (const { name, options = [] } of commands) {
      expect(cli).toContain(`## watchfloor ${name}\n`)
      for (const { flags } of options) expect(cli).toContain(`\`${flags}\``)
    }
    const probes = documents.get('docs/probes.md') ?? ''
    for (const [kind, { options }] of probeKinds) {
      expect(probes).toContain(`## ${kind}\n`)
      const known = 'properties' in options ? Object.keys(Object(options.properties)) : []
      for (const option of known) expect(probes).toContain(`| \`${option}\``)
    }
  })

  test('say of the room what the program says', () => {
    expect(read('src/main.ts')).toContain("exits: '1 a node is down (plain) · 4 no engine'")
  })

  test('of keys are made from records, and not from nothing', () => {
    const room = createRoom(fakeEngine(1), { columns: 80, rows: 24 }, () => 0)
    const snapshot = room.snapshot()
    room.close()
    const action: Action = {
      id: 'open',
      keys: ['enter', 'o'],
      title: 'open | close',
      short: null,
      danger: 'looks',
      when: () => true,
      choose: {
        title: 'how',
        subject: () => '',
        options: () => ['wide', 'shut'].map(id => ({ id, label: id })),
        pick: () => undefined,
      },
    }
    const groups = [{ heading: 'Doors', words: 'Where there are some.', actions: [action] }]
    const written = keysPage(groups, snapshot)
    expect(written).toContain('## Doors\n\nWhere there are some.\n')
    expect(written).toContain('| `enter` `o` | open \\| close | looks | `open` | `wide` `shut` |')
    expect(written).not.toContain('`changes` acts')
    expect(() => keysPage([{ heading: 'Doors', words: null, actions: [] }], snapshot)).toThrow('no actions')
  })

  test('tell every action of the room once, below the screen where it works', () => {
    const lines = read('docs/keys.md').split('\n')
    let heading = ''
    const found: string[] = []
    for (const line of lines) {
      if (line.startsWith('## ')) heading = line.slice(3)
      const id = /^\|.*\| (?:looks|records|changes) \| `([^`]+)` \|/.exec(line)?.[1]
      const action = actions.find(one => one.id === id)
      if (!action) continue
      found.push(action.id)
      const { screen } = action
      expect(heading.startsWith('On the screen')).toBe(screen !== undefined)
      if (isScreenId(screen)) expect(heading).toBe(`On the screen: ${screens[screen].title}`)
    }
    expect(found.toSorted()).toEqual(actions.map(({ id }) => id).toSorted())
  })

  test('name the keys that settings take, and no other', () => {
    const [, taken = ''] = /const named =\s+'([^']+)'/.exec(read('src/room/settings.ts')) ?? []
    expect(taken.split(' ')).toEqual(namedKeys)
    for (const key of namedKeys.filter(key => key !== 'enter' && key !== 'escape')) {
      expect(bind({ redraw: `ctrl-alt-${key}` }, bindable).complaints).toEqual([])
    }
    expect(bind({ redraw: 'pause' }, bindable).complaints).toHaveLength(1)
  })
})

describe('the catalogue of errors', () => {
  test.each([
    ["'plain text'", 'plain text'],
    ['"it\'s"', "it's"],
    ['`${file} cannot be read`', '‹file› cannot be read'],
    ['`${loaded.errors.length} errors in ${path.basename(file)}`', '‹errors› errors in ‹file›'],
    ['`why: ${String(cause.message)}`', 'why: ‹message›'],
    ['`${error instanceof Error ? error.message : String(error)}`', '‹message / error›'],
    ["known ? 'this' : 'that'", 'this / that'],
    ["'one ' +\n  `and ${startDeadlineMs}`", 'one and ‹start deadline ms›'],
    ['`a "quoted ${name}" and \\`code\\``', 'a "quoted ‹name›" and `code`'],
    ['`${a ?? b} and ${c?.d}`', '‹…› and ‹d›'],
    ['why', '‹why›'],
  ])('%s says %s', (expression, said) => {
    expect(spokenText(expression)).toBe(said)
  })

  test('brackets inside of texts, templates and comments do not count', () => {
    const source = "{ a: '}', b: `}${f({ c: '}' })}`, /* } */ d: [1, 2] } // }"
    expect(closing(source, 0)).toBe(source.indexOf(' // }') - 1)
    expect([...fieldsOf(source.slice(1, -5))].map(([name]) => name)).toEqual(['a', 'b', 'd'])
    expect(closing('{ never', 0)).toBeNull()
  })

  test('a choice is one only outside of brackets and texts', () => {
    expect(choicesOf("a ? 'b?' : `c:${d ? 1 : 2}`")).toEqual(["'b?'", '`c:${d ? 1 : 2}`'])
    expect(choicesOf('f(a ? b : c)')).toEqual(['f(a ? b : c)'])
  })

  test('reads name, kind, message and remedy where an error is made, and not where it is passed on', () => {
    const text = `
      throw new Refused({
        name: 'home-in-use', // who
        message: \`\${home} is held\`,
        remedy: 'Stop it first.',
        cause,
      })
      return new Refused(explanation)
      throw new Refused({ name: reply.name, message: reply.message })
      throw new Unreachable({ name: shut ? 'engine-forbidden' : 'no-engine', message: shut ? 'not you' : 'nobody' })`
    expect(errorsIn(text, 'a.ts')).toEqual([
      { kind: 'Refused', name: 'home-in-use', message: '‹home› is held', remedy: 'Stop it first.' },
      { kind: 'Unreachable', name: 'engine-forbidden', message: 'not you', remedy: null },
      { kind: 'Unreachable', name: 'no-engine', message: 'nobody', remedy: null },
    ])
  })

  test('an error whose name is not a plain text stops the build and says where', () => {
    expect(() => errorsIn('\n\nnew Bug({ name: `x-${y}`, message: z })', 'a.ts')).toThrow('a.ts:3')
  })
})

describe('examples', () => {
  test('the fleet file of the README is accepted', () => {
    const [first = ''] = blocks(read('README.md'), 'yaml')
    expect(complaints(first)).toBe('')
    expect(first).toContain('nodes:')
  })

  const guide = blocks(read('docs/operator-guide.md'), 'yaml').map(
    block => [block.split('\n')[0] ?? '', block] as const,
  )
  const settings = guide.filter(([, block]) => isSettings(block))

  test('the settings of the room in the guide are accepted', () => {
    expect(settings).toHaveLength(1)
    for (const [, block] of settings) {
      const { mistakes, bindings } = readSettings('room.yaml', Buffer.from(block), bindable)
      expect(mistakes).toEqual([])
      expect(Object.keys(bindings).length).toBeGreaterThan(0)
    }
  })

  test.each(guide.filter(([, block]) => !isSettings(block)))('of the operator guide is accepted: %s', (_, block) => {
    // Sections are shown one by one; what each stands on is put around it.
    const section: unknown = parse(block)
    const base = {
      fleet: 'example',
      hq: { name: 'hq', provider: 'static', address: '127.0.0.1', mesh: '10.84.0.1' },
      nodes: {
        virginia: {
          provider: 'aws',
          address: '192.0.2.10',
          host: 'virginia.example.com',
          region: 'eu-west-1',
          mesh: '10.84.0.11',
          tags: ['pilot'],
        },
        beast: { address: '192.0.2.11' },
      },
      mesh: { kind: 'wireguard', cidr: '10.84.0.0/24', hub: 'hq' },
    }
    expect(complaints(stringify({ ...base, ...(typeof section === 'object' ? section : {}) }))).toBe('')
  })

  test('no fleet file of an example hides a mistake from this test', () => {
    expect(complaints('fleet: example\nnodse: {}\n')).toContain('nodse')
  })

  const lines = pages.flatMap(page => commandLines(read(page)).map(line => [page, line] as const))
  test.each(lines)('%s: %s is a command of this program, with its options', (_, line) => {
    const words = line.split(' ')
    const command = commands.find(({ name }) => `${line} `.startsWith(`watchfloor ${name} `))
    expect(command?.name).toBeDefined()
    const before = words.includes('--') ? words.slice(0, words.indexOf('--')) : words
    const known = [...(command?.options ?? []), ...commonOptions].map(({ flags }) => flags.split(' ')[0])
    for (const word of before.filter(word => word.startsWith('--'))) expect(known).toContain(word)
  })

  test('command lines are found', () => {
    expect(lines.length).toBeGreaterThan(10)
  })
})

describe('links', () => {
  test.each(pages)('of %s lead somewhere', page => {
    const text = read(page).replace(/^```[\s\S]*?^```/gm, '')
    const broken = [...text.matchAll(/\]\(([^)\s]+)\)/g)]
      .map(([, target = '']) => target)
      .filter(target => !/^https?:/.test(target) && !leads(page, target))
    expect(broken).toEqual([])
  })
})

test('every dependency has its line in the decisions, and no line is about one that is gone', () => {
  const manifest: Record<string, Record<string, string>> = JSON.parse(read('package.json'))
  const page = read('docs/decisions/dependencies.md')
  const told = [...page.matchAll(/^\| (`[^|]*`) \|/gm)].flatMap(([, cell = '']) =>
    [...cell.matchAll(/`([^`]+)`/g)].map(([, name = '']) => name),
  )
  const known = ['dependencies', 'devDependencies', 'optionalDependencies'].flatMap(key =>
    Object.keys(manifest[key] ?? {}),
  )
  expect(told.toSorted()).toEqual(known.toSorted())
})

test('every decision is in the index', () => {
  const index = read('docs/decisions/README.md')
  for (const file of readdirSync(path.join(root, 'docs/decisions'))) {
    if (file !== 'README.md') expect(index).toContain(`](${file})`)
  }
})

function below(folder: string): string[] {
  return readdirSync(path.join(root, folder), { withFileTypes: true }).flatMap(entry => {
    const file = path.posix.join(folder, entry.name)
    return entry.isDirectory() ? below(file) : [file]
  })
}

function blocks(text: string, language: string): string[] {
  return [...text.matchAll(new RegExp(`^\`\`\`${language}\\n([\\s\\S]*?)^\`\`\``, 'gm'))].map(([, block = '']) => block)
}

/** The settings of the room, and no part of a fleet file: nothing has keys of the same name in both. */
function isSettings(block: string): boolean {
  return Object.keys(Object(parse(block))).some(key => key in roomSettings.properties)
}

/** Lines that an operator is told to type, without their comments. */
function commandLines(text: string): string[] {
  return ['sh', 'console']
    .flatMap(language => blocks(text, language))
    .flatMap(block => block.split('\n'))
    .map(line =>
      line
        .replace(/^\$ /, '')
        .replace(/\s+(#|>).*$/, '')
        .trim(),
    )
    .filter(line => line.startsWith('watchfloor '))
}

function complaints(text: string): string {
  const loaded = loadFleet({ path: 'fleet.yaml', text }, { kinds: probeKinds })
  return loaded.ok ? '' : renderFleetErrors(loaded.errors, { colour: false })
}

/** A file or folder that is there, and a heading in it if one is named. */
function leads(page: string, target: string): boolean {
  const [file = '', heading] = target.split('#')
  const found = file === '' ? page : path.posix.join(path.posix.dirname(page), file)
  if (!existsSync(path.join(root, found))) return false
  if (heading === undefined) return true
  const headings = [...read(found).matchAll(/^#+ (.+)$/gm)].map(([, words = '']) =>
    words
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .trim()
      .replaceAll(' ', '-'),
  )
  return headings.includes(heading)
}
