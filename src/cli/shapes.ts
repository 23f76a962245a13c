// What `--json` prints: the shapes that scripts may rely on. They only grow; nothing is renamed or removed.
import { type Static, Type } from 'typebox'
import { execEnding } from '../engine/exec/shapes.ts'
import { incident, maintenanceWindow, silence } from '../incidents/shapes.ts'
import { blindness, health, severity } from '../watch/shapes.ts'

const closed = { additionalProperties: false }
const numberOrNull = Type.Union([Type.Number(), Type.Null()])

/** `check --json`: one document. */
export const checkDocument = Type.Object(
  {
    fleet: Type.String(),
    /** When the looks ended, ISO 8601 in UTC. */
    at: Type.String({ format: 'date-time' }),
    nodes: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          health,
          probes: Type.Array(
            Type.Object(
              {
                kind: Type.String(),
                target: Type.String(),
                /** null: it could not look, so nothing is known. */
                ok: Type.Union([Type.Boolean(), Type.Null()]),
                ms: numberOrNull,
                detail: Type.String(),
              },
              closed,
            ),
          ),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type CheckDocument = Static<typeof checkDocument>

/** `exec --json`: one line a node, in the order in which they ended. */
export const execLine = Type.Object(
  {
    node: Type.String(),
    outcome: execEnding,
    exit: Type.Union([Type.Integer(), Type.Null()]),
    ms: Type.Integer({ minimum: 0 }),
    stdout: Type.String(),
    stderr: Type.String(),
  },
  closed,
)
export type ExecLine = Static<typeof execLine>

const seconds = Type.Number({ minimum: 0 })
const share = Type.Number({ minimum: 0, maximum: 1 })

/** `uptime --json`: one document. */
export const uptimeDocument = Type.Object(
  {
    /** As it was asked: `24h`, `7d`. */
    window: Type.String(),
    nodes: Type.Array(
      Type.Object(
        {
          name: Type.String(),
          /** Degraded time counts as up. */
          up_s: seconds,
          down_s: seconds,
          unknown_s: seconds,
          maintenance_s: seconds,
          /** up / (up + down); null when neither was seen. */
          ratio: Type.Union([share, Type.Null()]),
          /** Share of the window that was really watched. */
          coverage: share,
        },
        closed,
      ),
    ),
  },
  closed,
)
export type UptimeDocument = Static<typeof uptimeDocument>

/** `status --json`: one document. Times are ms since the epoch. */
export const statusDocument = Type.Object(
  {
    fleet: Type.String(),
    engine: Type.Object(
      {
        pid: Type.Integer(),
        since: Type.Number(),
        version: Type.String(),
        /** Since when and why HQ cannot see; null: it sees. */
        blind: Type.Union([blindness, Type.Null()]),
      },
      closed,
    ),
    nodes: Type.Array(
      Type.Object(
        { name: Type.String(), health, since: numberOrNull, severity: Type.Union([severity, Type.Null()]) },
        closed,
      ),
    ),
    /** Those that are open. */
    incidents: Type.Array(incident),
  },
  closed,
)
export type StatusDocument = Static<typeof statusDocument>

/** `incident list --json`: one document. */
export const incidentsDocument = Type.Object(
  { incidents: Type.Array(incident), silences: Type.Array(silence), maintenance: Type.Array(maintenanceWindow) },
  closed,
)
export type IncidentsDocument = Static<typeof incidentsDocument>

/** What a command that did something prints with `--json`: one document. */
export const doneDocument = Type.Object(
  {
    /** Its place in the journal; the last one of the journal where there was nothing to do. */
    seq: Type.Integer({ minimum: 0 }),
    /** What it made: an incident, a silence, a maintenance window. */
    ids: Type.Array(Type.String()),
  },
  closed,
)
export type DoneDocument = Static<typeof doneDocument>

/** `alert test --json`: one document. */
export const alertTestDocument = Type.Object(
  {
    targets: Type.Array(
      Type.Object(
        {
          /** Kind, host and a mark: an address may be a secret. */
          to: Type.String(),
          outcome: Type.Union([Type.Literal('delivered'), Type.Literal('failed'), Type.Literal('waiting')]),
          why: Type.Union([Type.String(), Type.Null()]),
        },
        closed,
      ),
    ),
  },
  closed,
)
export type AlertTestDocument = Static<typeof alertTestDocument>
