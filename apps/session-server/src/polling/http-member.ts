import type { NodeReport } from '@simyard/fleet'
import { FleetReport } from '@simyard/protocol'
import { getText, type TextAnswer } from './get-text.js'
import type { FleetMember } from './member.js'

/** A server that has no /status is not asked for it again for so many polls. */
const POLLS_WITHOUT_STATUS = 60

/** A simulation server that is polled over HTTP: our own by /status, one of the originals by /load. */
export class HttpMember implements FleetMember {
  private pollsWithoutStatus = 0
  private readonly base: string

  constructor(
    readonly entry: string,
    readonly secure: boolean,
  ) {
    this.base = `${secure ? 'https' : 'http'}://${entry}`
  }

  get monitor(): string {
    return `${this.base}/monitor`
  }

  async report(signal: AbortSignal): Promise<NodeReport> {
    if (this.pollsWithoutStatus > 0) this.pollsWithoutStatus--
    else {
      const report = ownReport(await getText(`${this.base}/status`, signal))
      if (report) return report
      this.pollsWithoutStatus = POLLS_WITHOUT_STATUS
    }
    return { load: loadOf(await getText(`${this.base}/load`, signal)) }
  }
}

function ownReport({ status, contentType, text }: TextAnswer): NodeReport | undefined {
  if (status !== 200 || !contentType.startsWith('application/json')) return undefined
  try {
    const parsed = FleetReport.safeParse(JSON.parse(text))
    return parsed.success && parsed.data.seats ? parsed.data : undefined
  } catch {
    return undefined
  }
}

/** A decimal number, as the originals write it; nothing else that a programming language may take for one. */
export function loadOf({ status, text }: TextAnswer): number {
  if (status !== 200) throw new Error(`its /load answers with status ${status}`)
  const load = /^\s*[+-]?\d{1,15}(\.\d{1,30})?(e[+-]?\d{1,3})?\s*$/i.test(text) ? Number(text) : Number.NaN
  if (!Number.isFinite(load)) throw new Error(`its /load is not a number: ${JSON.stringify(text.slice(0, 40))}`)
  if (load < 0) throw new Error(`its /load is negative: ${load}`)
  return load
}
