// The unit that watches 24/7. Pure: text from facts, so that a test can hold every line of it.

export interface UnitFacts {
  fleet: string
  /** argv of the engine, absolute. */
  program: readonly string[]
  fleetFile: string
  /** Login that runs it: an own user for a shared engine, else the operator. */
  user: string
  group: string
  home: string
  shared: boolean
}

export function unitName(fleet: string): string {
  return `watchfloor-${fleet}.service`
}

export function unitText(facts: UnitFacts): string {
  const argv = [...facts.program, 'engine', 'run', '--fleet', facts.fleetFile, '--home', facts.home]
  const places = facts.shared
    ? [
        `StateDirectory=watchfloor/${facts.fleet}`,
        'StateDirectoryMode=0700',
        `RuntimeDirectory=watchfloor/${facts.fleet}`,
        // The group may come as far as the socket; what lies in the home stays private.
        'RuntimeDirectoryMode=0750',
      ]
    : [`ReadWritePaths=${escaped(facts.home)}`]
  return `# Written by \`watchfloor engine install\`. Change it with \`systemctl edit ${unitName(facts.fleet)}\`.
[Unit]
Description=Watchfloor engine for the fleet ${facts.fleet}
Documentation=man:systemd.service(5)
After=network-online.target time-sync.target
Wants=network-online.target

[Service]
Type=notify
NotifyAccess=all
ExecStart=${argv.map(escaped).join(' ')}
User=${facts.user}
Group=${facts.group}
WatchdogSec=60
Restart=on-failure
RestartSec=2
TimeoutStopSec=30
KillMode=mixed
UMask=0077
${places.join('\n')}
NoNewPrivileges=yes
ProtectSystem=strict
ProtectHome=${facts.shared ? 'read-only' : 'no'}
PrivateTmp=yes
PrivateDevices=yes
ProtectKernelTunables=yes
ProtectKernelModules=yes
ProtectKernelLogs=yes
ProtectControlGroups=yes
ProtectClock=yes
ProtectHostname=yes
RestrictNamespaces=yes
RestrictRealtime=yes
RestrictSUIDSGID=yes
LockPersonality=yes
SystemCallArchitectures=native
# ping needs a raw or a datagram ICMP socket; nothing else here needs a capability.
CapabilityBoundingSet=CAP_NET_RAW
AmbientCapabilities=CAP_NET_RAW
RestrictAddressFamilies=AF_UNIX AF_INET AF_INET6 AF_NETLINK
LimitNOFILE=65536

[Install]
WantedBy=multi-user.target
`
}

/** One word of a command line in a unit file: specifiers, variables and spaces mean themselves. */
function escaped(word: string): string {
  const plain = word.replaceAll('%', '%%').replaceAll('$', '$$$$')
  return /^[A-Za-z0-9_./:@%$+=-]+$/.test(plain) ? plain : `"${plain.replaceAll('\\', '\\\\').replaceAll('"', '\\"')}"`
}
