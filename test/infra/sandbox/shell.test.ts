import { mkdirSync } from 'node:fs'
import { afterAll, expect, test } from 'vitest'
import { calm, Machine } from '../../../infra/sandbox/nodes/machine.ts'
import { addressesOf, plannedNodes } from '../../../infra/sandbox/plan.ts'
import { programs } from '../../../infra/sandbox/shell/programs/index.ts'
import { Shell } from '../../../infra/sandbox/shell/shell.ts'
import { gather, sourceOf } from '../../../infra/sandbox/shell/streams.ts'
import { systemClock } from '../../../state/primitives/clock.ts'
import { temporaryDir } from './visitor.ts'

const { dir, remove } = temporaryDir()
afterAll(remove)
const plan = plannedNodes.find(node => node.name === 'paris') ?? {
  name: '',
  city: '',
  region: null,
  octet: 0,
  rttMs: 0,
  utcOffset: 0,
  tags: [],
}
mkdirSync(dir, { recursive: true })
const machine = new Machine({
  plan,
  addresses: addressesOf(plan, 84),
  dir,
  clock: systemClock,
  ledger: { add() {}, close() {} },
  conditions: () => calm,
  born: () => ({ hostKey: '', certificate: { key: '', certificate: '', notAfter: 0 } }),
  changed: () => {},
})

async function sh(script: string, stdin = '', signal = AbortSignal.timeout(5000)) {
  const [out, err] = [gather(), gather()]
  const world = {
    programs,
    find: () => null,
    all: () => [machine],
    roundTrip: () => null,
    wireguard: { publicKey: () => '' },
    serves: () => true,
  }
  const shell = new Shell({ machine, world, user: 'root', signal })
  const exit = await shell.script(script, { in: sourceOf(stdin), out, err })
  return { exit, out: out.bytes().toString('utf8'), err: err.bytes().toString('utf8') }
}

// What dash prints for the same scripts.
test.each([
  ['echo a   "b  c" \'d $x\'', 'a b  c d $x\n'],
  ['x="1 2"; for i in $x "$x"; do echo "<$i>"; done', '<1>\n<2>\n<1 2>\n'],
  ['false || echo no; true && echo yes; ! false && echo not', 'no\nyes\nnot\n'],
  ['f() { echo "$# $1"; return 3; }; f a b; echo $?', '2 a\n3\n'],
  ['set -- a "b c"; for i in "$@"; do echo "$i"; done; shift; echo $#', 'a\nb c\n1\n'],
  ['case abc in a*) echo yes ;; *) echo no ;; esac', 'yes\n'],
  ['if [ 2 -gt 1 ] && test -d /; then echo ok; else echo bad; fi', 'ok\n'],
  ['i=0; while [ $i -lt 3 ]; do i=$((i + 1)); done; echo $i', '3\n'],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: these are the shell's own expansions.
  ['x=/a/b.txt; echo ${x##*/} ${x%.txt} ${y:-none} ${#x}', 'b.txt /a/b none 8\n'],
  ['echo "$(echo one; echo two | tr a-z A-Z)"', 'one\nTWO\n'],
  ['printf "%s-%03d\\n" a 7 b 8', 'a-007\nb-008\n'],
  ['cat <<END | head -n 1\nx$((1+1))\ny\nEND', 'x2\n'],
  ['(x=1; exit 4); echo "$? $x"', '4 \n'],
  ['e=$( { { echo out; echo 5 >&3; } | cat >&4; } 3>&1 4>&1 ); echo "$e" | sort', '5\nout\n'],
  ['nope 2>&1; echo $?', 'sh: 1: nope: not found\n127\n'],
  [
    'mkdir -p /t/d; echo hi > /t/d/f; echo more >> /t/d/f; wc -l < /t/d/f; ls /t/d; rm -r /t; test -e /t || echo gone',
    '2\nf\ngone\n',
  ],
  ['timeout 0.05 sleep 5; echo $?', '124\n'],
  ['set -e; false; echo never', ''],
  ['sudo -n id -u', '0\n'],
])('%s', async (script, expected) => {
  expect((await sh(script)).out).toBe(expected)
})

test('a syntax error is 2, as in dash', async () => {
  expect(await sh('if true')).toMatchObject({ exit: 2, err: expect.stringContaining('Syntax error') })
})

test('an endless loop ends with its session and does not stop the world meanwhile', async () => {
  const started = performance.now()
  const { exit } = await sh('while true; do :; done', '', AbortSignal.timeout(80))
  expect(exit).toBe(143)
  expect(performance.now() - started).toBeLessThan(2000)
})

test('journalctl continues after a cursor and sees nothing twice', async () => {
  const first = JSON.parse((await sh('journalctl -o json -n 1')).out)
  machine.log(3, 'clavitor.service', 'clavitor', 'broke')
  const next = await sh(`journalctl -o json -p err --after-cursor='${first.__CURSOR}'`)
  expect(
    next.out
      .trim()
      .split('\n')
      .map(line => JSON.parse(line).MESSAGE),
  ).toEqual(['broke'])
})

// What systemd 252 prints for the same options.
test('journalctl counts from a cursor on, or back from it, and looks for text', async () => {
  const messages = (out: string) => out.split('\n').filter(Boolean)
  for (const word of ['one', 'Two', 'three', 'four']) {
    machine.journal.add({
      atMs: systemClock.now(),
      bootId: machine.kept.bootId,
      priority: 6,
      unit: 'words.service',
      identifier: 'words',
      pid: 1,
      message: word,
    })
  }
  const [second] = messages((await sh('journalctl -u words -o json -n 3')).out)
  const cursor = `'--cursor=${JSON.parse(second ?? '').__CURSOR}'`
  expect(messages((await sh(`journalctl -u words -o cat -n 2 ${cursor}`)).out)).toEqual(['Two', 'three'])
  expect(messages((await sh(`journalctl -u words -o cat -n 5 --reverse ${cursor}`)).out)).toEqual(['Two', 'one'])
  expect(messages((await sh('journalctl -u words -o cat -g two')).out)).toEqual(['Two'])
  expect(await sh('journalctl -q -u words -o cat -g TWO')).toMatchObject({ exit: 1, out: '' })
  expect(await sh(`journalctl --since=-1h ${cursor}`)).toMatchObject({ exit: 1 })
})
