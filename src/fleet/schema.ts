// The fleet file as it is written: one source of its shape, its TypeScript type and the JSON Schema for editors.
// `is` and `allowed` are what error messages say, `secret` keeps a value out of them, `names` is checked after reading.
import Type, { type Static, type TSchema } from 'typebox'
import { DurationText } from '../../state/primitives/duration.ts'
import { Amount, Currency } from '../../state/primitives/money.ts'
import { PercentText } from '../../state/primitives/percent.ts'
import { checker } from '../../state/primitives/schema.ts'
import { SecretText, secretForms } from '../../state/primitives/secret.ts'
import { Clouds, machineKeys, Rates } from './clouds-schema.ts'

const closed = { additionalProperties: false } as const
const optional = Type.Optional

const nameForm = 'letters, digits, dot, dash and underscore, beginning with a letter or digit, at most 63'
const namePattern = '^[A-Za-z0-9][A-Za-z0-9._-]{0,62}$'
/** Names stand in selectors, paths and environment variables, so they keep to what is safe in all of them. */
const NodeName = Type.String({
  pattern: namePattern,
  is: 'a name',
  allowed: nameForm,
})
/** A node that must exist, wherever its name stands in the file or in a probe's options. */
const NodeRef = Type.String({ minLength: 1, maxLength: 63, is: "a node's name", names: 'node' })
/** A selector that must match a node. */
const SelectorText = Type.String({ minLength: 1, maxLength: 4000, is: 'a selector', names: 'selector' })

const SeverityWord = Type.Enum(['SEV1', 'SEV2', 'SEV3'], { is: 'a severity' })
const Port = Type.Integer({ minimum: 1, maximum: 65535, is: 'a port', allowed: '1 to 65535' })
const Word = Type.String({
  pattern: '^[A-Za-z0-9][A-Za-z0-9._:/-]{0,99}$',
  is: 'a word',
  allowed: 'letters, digits and . _ : / -',
})
const Tag = Type.String({
  pattern: namePattern,
  is: 'a tag',
  allowed: 'letters, digits, dot, dash and underscore; without the @',
})
/** OpenSSH reads a host that begins with a dash as an option: nothing but host names and addresses gets in. */
export const hostPattern = '^(?!-)[A-Za-z0-9_.:%{}-]{1,253}$'
const host = (description: string) =>
  Type.String({
    pattern: hostPattern,
    is: 'a host',
    allowed: 'an IP address or a DNS name; it cannot begin with -',
    description,
  })
/** Login names, also those of a directory service: `ops@example.com`. */
export const loginPattern = '^[A-Za-z0-9_][A-Za-z0-9_.@-]{0,63}$'
/** `HOST:PORT`. */
const HostPort = Type.String({
  pattern: '^(?:[A-Za-z0-9_.{][A-Za-z0-9_.{}-]*|\\[[0-9A-Fa-f:.%]+\\]):[0-9]{1,5}$',
  is: 'an address with a port',
  allowed: 'HOST:PORT, such as 10.84.0.1:8484 or [fd00::1]:8484',
})
const IpAddress = Type.Union([Type.String({ format: 'ipv4' }), Type.String({ format: 'ipv6' })], {
  is: 'an IP address',
  allowed: 'such as 10.84.0.11 or fd00::11',
})
const fingerprintForm = 'SHA256: and 43 characters, as ssh-keygen -l prints it'
const Fingerprint = Type.String({
  pattern: '^SHA256:[A-Za-z0-9+/]{43}=?$',
  is: "a host key's fingerprint",
  allowed: fingerprintForm,
})
const oneOrMore = <S extends TSchema>(item: S, is: string, allowed: string, description: string) =>
  Type.Union([item, Type.Array(item)], { is, allowed, description })

const Ssh = Type.Object(
  {
    user: optional(
      Type.String({
        pattern: loginPattern,
        is: 'a login',
        allowed: 'a login name, such as root',
        description: 'Default: what the OpenSSH config says, else the login on HQ.',
      }),
    ),
    port: optional(Port),
    identity: optional(
      oneOrMore(
        SecretText,
        'a secret reference',
        secretForms,
        'Private keys, tried in order. Without: the agent and the OpenSSH configuration decide.',
      ),
    ),
    passphrase: optional(SecretText),
    hostkey: optional(
      oneOrMore(
        Fingerprint,
        "a host key's fingerprint",
        fingerprintForm,
        'Pinned host keys: nothing else is accepted.',
      ),
    ),
    jump: optional(
      Type.String({
        pattern: '^(?!-)[A-Za-z0-9_.@:\\[\\]{}-]{1,320}$',
        is: 'a jump',
        allowed: "another node's name, or USER@HOST:PORT",
        description: 'Where to jump through: another node, or USER@HOST:PORT.',
      }),
    ),
    become: optional(
      Type.Union(
        [
          Type.Literal('sudo'),
          Type.Literal(false),
          Type.Object({ method: Type.Literal('sudo'), password: optional(SecretText) }, closed),
        ],
        {
          is: 'a way to become root',
          allowed: 'sudo, false, or { method: sudo, password: REFERENCE }',
          description: 'For logins that are not root. A password only where sudo -n is not allowed.',
        },
      ),
    ),
  },
  { ...closed, description: 'How to log in.' },
)

const Cost = Type.Object(
  { monthly: Amount, currency: Currency },
  { ...closed, description: 'What it costs a month, as you know it.' },
)

const shared = {
  provider: optional(
    Type.Enum(['aws', 'gcp', 'hetzner', 'static'], {
      is: 'a provider',
      description: 'static: a machine that no cloud is asked about.',
    }),
  ),
  region: optional(Word),
  type: optional(Word),
  arch: optional(Word),
  ...machineKeys,
  tags: optional(Type.Array(Tag, { uniqueItems: true, is: 'a list of tags' })),
  host: optional(host('Public DNS name that users reach it by; may hold {name} and {region}.')),
  ssh: optional(Ssh),
}
const own = {
  ...shared,
  city: optional(Type.String({ minLength: 1, maxLength: 80, is: 'text', description: 'For people: N. Virginia, US.' })),
  address: optional(host('Public address or host name to connect to.')),
  mesh: optional(IpAddress),
  lifecycle: optional(
    Type.Enum(['planned', 'provisioning', 'live', 'retired'], {
      is: 'a lifecycle',
      description: 'Only a live node alerts. Default: live with an address, host or mesh address, else planned.',
    }),
  ),
  cost: optional(Cost),
}
const nodeForm = 'a map such as { region: us-east-1, host: a.example.com }'
const Node = Type.Object(own, {
  // `paris:` with nothing behind it is a node that takes everything from the defaults.
  type: ['object', 'null'],
  ...closed,
  is: 'a node',
  allowed: nodeForm,
})
const Hq = Type.Object(
  { name: NodeName, ...own },
  { ...closed, is: 'a node', description: 'The machine that Watchfloor runs on; it is a node too.' },
)

/** The keys that every probe has; the rest are its kind's own. */
export const probeCommon = {
  kind: Type.String({ minLength: 1, maxLength: 40, is: 'a probe kind' }),
  on: SelectorText,
  every: optional(DurationText),
  timeout: optional(DurationText),
  failures: optional(
    Type.Integer({
      minimum: 1,
      maximum: 100,
      is: 'a count',
      allowed: '1 to 100',
      description: 'How often in a row it must fail before the node follows.',
    }),
  ),
  severity: optional(SeverityWord),
}

const record = <S extends TSchema>(item: S, nameIs: string, description: string) =>
  Type.Record(Type.String({ pattern: namePattern }), item, {
    ...closed,
    is: 'a map',
    nameIs,
    nameAllowed: nameForm,
    description,
  })

export const FleetFile = Type.Object(
  {
    fleet: NodeName,
    timezone: optional(
      Type.String({ minLength: 1, maxLength: 64, is: 'a time zone', description: 'IANA name; default UTC.' }),
    ),
    environment: optional(
      Type.String({
        pattern: namePattern,
        is: 'a word',
        allowed: nameForm,
        description: 'production asks for more before it destroys.',
      }),
    ),
    hq: optional(Hq),
    mesh: optional(
      Type.Object(
        {
          kind: Type.Enum(['wireguard', 'zerotier'], { is: 'a kind of mesh' }),
          interface: optional(
            Type.String({
              pattern: '^[A-Za-z0-9_][A-Za-z0-9_.-]{0,14}$',
              is: 'an interface',
              allowed: 'a name of at most 15 characters, such as wg0, without a dash or dot at its beginning',
            }),
          ),
          cidr: Type.String({
            pattern: '^[0-9A-Fa-f.:]+/[0-9]{1,3}$',
            is: 'an address range',
            allowed: 'ADDRESS/BITS, such as 10.84.0.0/24',
          }),
          hub: optional(NodeRef),
          port: optional(Port),
          keepalive: optional(DurationText),
        },
        closed,
      ),
    ),
    people: optional(
      record(
        Type.Object(
          {
            login: Type.String({
              pattern: loginPattern,
              is: 'a login',
              allowed: 'a login name on HQ',
            }),
            roles: Type.Array(Type.String({ pattern: namePattern, is: 'a role', allowed: nameForm }), {
              is: 'a list of roles',
            }),
          },
          closed,
        ),
        'a name',
        'Who may do and sign what.',
      ),
    ),
    budget: optional(
      Type.Object({ ceiling: Amount, currency: Currency, warn: optional(PercentText), rates: optional(Rates) }, closed),
    ),
    clouds: optional(Clouds),
    defaults: optional(
      Type.Object(shared, {
        ...closed,
        description:
          'For every node that says nothing else. region, type, arch, image, disk and ipv4 only reach nodes of the default provider; HQ takes ssh alone.',
      }),
    ),
    nodes: optional(record(Node, "a node's name", 'The machines.')),
    batches: optional(record(SelectorText, "a batch's name", 'Named selectors, for rollouts.')),
    probes: optional(
      Type.Array(
        Type.Object(probeCommon, {
          additionalProperties: true,
          is: 'a probe',
          allowed: 'a map such as { kind: ping, on: "*", every: 30s }',
        }),
        { is: 'a list of probes' },
      ),
    ),
    severity: optional(
      Type.Object(
        {
          SEV2: optional(
            Type.Object(
              { missed: Type.Integer({ minimum: 1, maximum: 100, is: 'a count', allowed: '1 to 100' }) },
              closed,
            ),
          ),
          SEV1: optional(Type.Object({ down: DurationText }, closed)),
        },
        {
          ...closed,
          description: 'When trouble becomes which severity. Default: SEV2 after two missed, SEV1 after 5m down.',
        },
      ),
    ),
    alerts: optional(
      Type.Array(
        Type.Object(
          {
            to: Type.String({
              pattern: '^[a-z][a-z0-9+-]*:\\S+$',
              maxLength: 2000,
              is: 'an alert target',
              allowed: 'KIND:PLACE, such as ntfy:https://ntfy.example/alerts',
            }),
            from: SeverityWord,
          },
          closed,
        ),
        { is: 'a list of alert targets' },
      ),
    ),
    engine: optional(
      Type.Object(
        {
          listen: optional(Type.Object({ heartbeats: optional(HostPort) }, closed)),
          canaries: optional(
            Type.Array(
              Type.String({
                pattern: '^(?!-)[A-Za-z0-9_.:%\\[\\]-]{1,253}$',
                is: 'a canary',
                allowed: 'gateway, HOST:PORT or an address',
              }),
              {
                is: 'a list of canaries',
                description: 'What HQ looks at to know that it can see.',
              },
            ),
          ),
          programs: optional(
            Type.Record(
              Type.String({ pattern: '^[a-z0-9][a-z0-9-]{0,39}$' }),
              Type.Array(Type.String({ minLength: 1, maxLength: 4000 }), {
                minItems: 1,
                is: 'an argv',
                allowed: 'a list: ["/opt/bin/ping", "-n"]',
              }),
              {
                ...closed,
                nameIs: 'a program',
                nameAllowed: 'small letters, digits and dashes',
                description: 'Programs to use instead of those on PATH, as argv.',
              },
            ),
          ),
          dns: optional(
            Type.Array(HostPort, {
              is: 'a list of servers',
              description: 'DNS servers for probes; default: the system’s.',
            }),
          ),
          trust: optional(
            Type.Array(Type.String({ minLength: 1, maxLength: 4000, is: 'a path' }), {
              is: 'a list of paths',
              description: 'PEM files trusted beside the system’s.',
            }),
          ),
        },
        closed,
      ),
    ),
    recipes: optional(
      record(
        Type.Record(Type.String(), Type.Unknown(), { is: 'a map' }),
        "a recipe's name",
        'Parameters of the recipes in use.',
      ),
    ),
  },
  { ...closed, is: 'a fleet file', allowed: 'a map with at least `fleet: NAME`', title: 'Watchfloor fleet file' },
)

export type FleetFile = Static<typeof FleetFile>
export type FileNode = Static<typeof Node>
export type FileSsh = Static<typeof Ssh>

export const fleetFile = checker(FleetFile)
