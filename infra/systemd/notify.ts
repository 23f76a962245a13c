// Tells systemd how the engine is. Node cannot send a datagram to a Unix socket, so systemd's own `systemd-notify` does;
// the unit therefore accepts notifications from the whole control group (NotifyAccess=all).
import { execFile } from 'node:child_process'

export interface Notifier {
  ready(status: string): void
  stopping(): void
  /** How often to call `alive`, or null when systemd does not watch. */
  aliveEveryMs: number | null
  alive(status: string): void
}

/** Does nothing when systemd did not start us. */
export function createNotifier(env: Readonly<Record<string, string | undefined>>, pid: number): Notifier {
  const listening = Boolean(env.NOTIFY_SOCKET)
  const watchdogUs = Number(env.WATCHDOG_USEC ?? '')
  const watched = listening && watchdogUs > 0 && (env.WATCHDOG_PID === undefined || Number(env.WATCHDOG_PID) === pid)

  function tell(...words: string[]): void {
    if (!listening) return
    // Its failure must not harm the engine: systemd draws its own conclusions from silence.
    execFile('systemd-notify', words, { timeout: 5_000 }, () => {})
  }

  return {
    ready: status => tell('--ready', `MAINPID=${pid}`, `STATUS=${status}`),
    stopping: () => tell('STOPPING=1'),
    aliveEveryMs: watched ? Math.max(1_000, Math.floor(watchdogUs / 1000 / 3)) : null,
    alive: status => tell('WATCHDOG=1', `STATUS=${status}`),
  }
}
