// Durable state: the fold of the journal. Plain JSON only (records, arrays), since it is stored and sent as it is.
import type { AlertSlice } from '../alerts/shapes.ts'
import type { FleetSlice } from '../fleet/shapes.ts'
import type { IncidentSlice } from '../incidents/shapes.ts'
import type { MachinesSlice } from '../machines/shapes.ts'
import type { MoneySlice } from '../money/shapes.ts'
import type { WatchSlice } from '../watch/shapes.ts'
import type { ExecSlice } from './exec/shapes.ts'

export interface FleetState {
  fleet: FleetSlice
  watch: WatchSlice
  incidents: IncidentSlice
  alerts: AlertSlice
  exec: ExecSlice
  machines: MachinesSlice
  money: MoneySlice
}
