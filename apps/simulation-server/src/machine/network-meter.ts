import { readFile } from 'node:fs/promises'
import { networkStats } from 'systeminformation'

/** Bytes a second. */
export interface NetworkRate {
  readonly sent: number
  readonly received: number
}

/** What all network interfaces together send and receive, between one look and the next. */
export class NetworkMeter {
  private last: { sent: number; received: number; atMs: number } | undefined

  async look(): Promise<NetworkRate> {
    const now = await totals()
    const { last } = this
    this.last = now
    const seconds = last ? (now.atMs - last.atMs) / 1000 : 0
    if (!last || seconds <= 0) return { sent: 0, received: 0 }
    // A counter that begins anew, because an interface went, is no traffic.
    return {
      sent: Math.max(0, now.sent - last.sent) / seconds,
      received: Math.max(0, now.received - last.received) / seconds,
    }
  }
}

/** From /proc, because a library starts a process for it, which stops the server for milliseconds, each second. */
async function totals(): Promise<{ sent: number; received: number; atMs: number }> {
  const table = await readFile('/proc/net/dev', 'utf8').catch(() => undefined)
  const atMs = performance.now()
  if (table === undefined) {
    const all = await networkStats('*')
    return {
      sent: all.reduce((sum, one) => sum + one.tx_bytes, 0),
      received: all.reduce((sum, one) => sum + one.rx_bytes, 0),
      atMs,
    }
  }
  let sent = 0
  let received = 0
  // Two lines of headings; then the name, eight numbers of receiving, the first of them bytes, and eight of sending.
  for (const line of table.trim().split('\n').slice(2)) {
    const numbers = line
      .slice(line.indexOf(':') + 1)
      .trim()
      .split(/\s+/)
      .map(Number)
    received += numbers[0] ?? 0
    sent += numbers[8] ?? 0
  }
  return { sent, received, atMs }
}
