// Opens the running program in a real terminal on the sandbox and draws what its screen shows: docs/screens/*.svg.
// `node build/screenshots.ts [FOLDER [NAME…]]` after `node build/bundle.mjs`; takes about five minutes, as charts need
// looks and the past has to pass. In the repository are pictures of one size; in any other folder all sizes are drawn.
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import path from 'node:path'
import { askControl } from '../infra/sandbox/control.ts'
import type { Rig } from '../test/rig/rig.ts'
import { screenAsSvg } from '../test/rig/svg.ts'
import { makePlace, type Place } from '../test/rig/watchfloor.ts'

const kept = 'docs/screens'
const folder = process.argv[2] ?? kept
/** None named: all of them. */
const named = new Set(process.argv.slice(3))
/** How long the fleet is watched before most is broken, and half as long again after that. */
const warmMs = Number(process.env.WARM_MS ?? 180_000)
const sizes = [
  { columns: 120, rows: 36, suffix: '' },
  { columns: 80, rows: 24, suffix: '-80x24' },
  { columns: 200, rows: 60, suffix: '-200x60' },
]
const esc = '\u001b'

interface Shot {
  name: string
  /** Keys one after the other, each followed by what must be on the screen before the next. */
  steps: readonly (readonly [string, RegExp])[]
}

/** Each begins on the overview as it is at first, and escapes lead back there. */
const shots: readonly Shot[] = [
  { name: 'overview', steps: [] },
  {
    name: 'table',
    steps: [
      [':group region\r', /grouped by region/],
      ['ddd', /density: table/],
      // The word about the density gives the keys their place back.
      ['', /: do/],
    ],
  },
  { name: 'node', steps: [['g\r', / watched /]] },
  {
    name: 'logs',
    steps: [
      [':open capetown\r', / watched /],
      ['l', /following/],
    ],
  },
  { name: 'incidents', steps: [['6', /incidents/]] },
  {
    name: 'rewind',
    steps: [
      ['{', /as of/],
      ['{', /as of/],
    ],
  },
  {
    name: 'confirm',
    steps: [
      ['j', /live/],
      ['  ', /2 marked/],
      ['E', /at most/],
      ['systemctl status clavitor.service\r', /exactly/],
    ],
  },
  { name: 'help', steps: [['?', /type to search/]] },
]

/** Drawn last: what has to happen in the clouds for them would be seen in the others. */
const cloudShots: readonly Shot[] = [
  { name: 'money', steps: [['5', /projection/]] },
  {
    name: 'drift',
    steps: [
      ['5', /projection/],
      ['d', /could not be listed/],
    ],
  },
  {
    name: 'plan',
    steps: [
      [':open nuremberg\r', /▸ nuremberg/],
      ['p', /would create 1 machine/],
    ],
  },
  { name: 'offers', steps: [['w', /a month/]] },
]

mkdirSync(folder, { recursive: true })
const place = makePlace()
try {
  await liveThrough(place)
  await drawAll(shots)
  if (cloudShots.some(isWanted)) await changeClouds(place)
  await drawAll(cloudShots)
} finally {
  place.end()
}

function isWanted({ name }: Shot): boolean {
  return named.size === 0 || named.has(name)
}

async function drawAll(all: readonly Shot[]): Promise<void> {
  for (const { columns, rows, suffix } of folder === kept ? sizes.slice(0, 1) : sizes) {
    for (const shot of all.filter(isWanted)) {
      const rig = place.open(columns, rows, { COLORTERM: 'truecolor' })
      await rig.until('the fleet is shown', (_, text) => /✖ paris/.test(text) && /: do/.test(text), 15_000)
      for (const [keys, shown] of shot.steps) {
        if (keys !== '') rig.press(keys)
        await rig.until(`${shot.name}: ${shown}`, (_, text) => shown.test(text))
      }
      await draw(rig, `${shot.name}${suffix}`)
      await leave(rig)
    }
  }
}

/** A while of peace with one trouble that passes, then trouble of several kinds, and what people do about it. */
async function liveThrough({ open, run }: Place): Promise<void> {
  const rig = open(120, 36, { COLORTERM: 'truecolor' })
  const shows = (what: string, shown: RegExp) => rig.until(what, (_, text) => shown.test(text), 90_000)
  await shows('every node is up', / 21 up/)
  run('sandbox', 'chaos', 'stop-service', 'stockholm')
  await shows('stockholm is not well', /[◐✖] stockholm/)
  run('sandbox', 'chaos', 'heal')
  await shows('stockholm is well again', / 21 up/)
  // Lines and charts show something once there has been something to see.
  await pass(warmMs)
  run('sandbox', 'chaos', 'drop-node', 'paris')
  run('sandbox', 'chaos', 'slow-link', 'jakarta', 'ms=400')
  run('sandbox', 'chaos', 'errors', 'capetown')
  await shows('a node is down', /✖ paris/)
  run('exec', 'virginia,montreal', '--', 'uptime')
  run('incident', 'silence', 'jakarta', '--for', '2h', '--reason', 'the carrier is working on the cable')
  run('incident', 'maintain', 'seoul', '--in', '3h', '--for', '1h', '--reason', 'a larger disk')
  await pass(warmMs / 2)
  const [, id = ''] = /"id":"([^"]+)"[^{}]*"title":"paris is down/.exec(run('incident', 'list', '--json').out) ?? []
  run('incident', 'ack', id)
  run('incident', 'note', id, 'asked the provider: the host is being moved')
  await leave(rig)
}

/** A machine that is ended and one that is stopped at the provider, a region that refuses to be listed, a planned node. */
async function changeClouds({ folder: home, run }: Place): Promise<void> {
  const world = path.join(home, 'world')
  const fleetFile = path.join(world, 'fleet.yaml')
  const fleet = readFileSync(fleetFile, 'utf8')
  const [, endpoint = ''] = /aws:\s+endpoint: (\S+)/.exec(fleet) ?? []
  const secretOf = (name: string) => readFileSync(path.join(world, name), 'utf8').trim()
  const credentials = { accessKeyId: secretOf('aws-access-key'), secretAccessKey: secretOf('aws-secret-key') }
  const { EC2Client, DescribeInstancesCommand, StopInstancesCommand, TerminateInstancesCommand } = await import(
    '@aws-sdk/client-ec2'
  )
  const ids = async (client: InstanceType<typeof EC2Client>) =>
    ((await client.send(new DescribeInstancesCommand({}))).Reservations ?? []).flatMap(({ Instances = [] }) =>
      Instances.flatMap(({ InstanceId }) => InstanceId ?? []),
    )
  const paris = new EC2Client({ endpoint, credentials, region: 'eu-west-3' })
  await paris.send(new TerminateInstancesCommand({ InstanceIds: await ids(paris) }))
  const seoul = new EC2Client({ endpoint, credentials, region: 'ap-northeast-2' })
  await seoul.send(new StopInstancesCommand({ InstanceIds: await ids(seoul) }))
  await askControl(world, {
    do: 'cloud-fault',
    kind: 'rights',
    provider: 'aws',
    region: 'me-central-1',
    action: 'DescribeInstances',
    times: 10_000,
    ms: 0,
  })
  const planned =
    'nuremberg: { provider: hetzner, region: nbg1, type: cx23, arch: x86_64, lifecycle: planned, ssh: { port: 2222 } }'
  writeFileSync(fleetFile, fleet.replace(/^nodes:$/m, `nodes:\n  ${planned}`))
  // The file is looked at every second, and listing takes as long as the provider says no.
  await pass(4_000)
  run('drift')
}

async function draw({ terminal }: Rig, name: string): Promise<void> {
  // What is awaited may be on the screen before the rest of its frame is.
  await pass(700)
  const file = path.join(folder, `${name}.svg`)
  writeFileSync(file, screenAsSvg(terminal, `watchfloor: ${name}`))
  process.stdout.write(`${file}\n`)
}

/** Whatever is open goes first, and every view is as it was at the beginning for the next one. */
async function leave(rig: Rig): Promise<void> {
  for (let step = 0; step < 6; step++) {
    rig.press(esc)
    // Escape alone is an escape only once nothing has followed it.
    await pass(150)
  }
  rig.press('0')
  await pass(150)
  rig.press('q')
  await rig.exited
}

function pass(ms: number): Promise<void> {
  return new Promise(resolve => setTimeout(resolve, ms))
}
