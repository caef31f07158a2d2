import type { FleetEvent } from '@simyard/fleet'
import type { SessionMailKind } from '@simyard/protocol'

/** What an event is for the log, for mails and for people who read them. */
export interface EventNotice {
  readonly level: 'info' | 'warn'
  readonly text: string
  /** Set for the four of which the original sends mails. */
  readonly mail?: SessionMailKind
}

const percent = (load: number) => `${Number(load.toFixed(1))}%`

const orders = {
  cordon: 'gets no more visitors, as an operator wants',
  drain: 'drains, as an operator wants: those who are there stay, nobody comes',
  return: 'gets visitors again, as an operator wants',
} as const

/** Undefined for what is counted and not told: visitors who do not come are many. */
export function eventNotice(event: FleetEvent): EventNotice | undefined {
  switch (event.type) {
    case 'node-silent':
      return {
        level: 'warn',
        mail: 'silent',
        text: `Simulation server ${event.entry} is not responding: ${event.reason}. It may be down.`,
      }
    case 'node-answers':
      if (event.first)
        return { level: 'info', text: `Simulation server ${event.entry} answers (load ${percent(event.load)}).` }
      return {
        level: 'info',
        mail: 'back',
        text: `Simulation server ${event.entry} is up and running again (load ${percent(event.load)}).`,
      }
    case 'node-full':
      return {
        level: 'info',
        mail: 'full',
        text: `Simulation server ${event.entry} has reached its maximum load (${percent(event.load)}).`,
      }
    case 'node-free':
      return {
        level: 'info',
        mail: 'free',
        text: `Simulation server ${event.entry} is available again (load ${percent(event.load)}).`,
      }
    case 'node-registered':
      return event.replaced
        ? { level: 'warn', text: `Simulation server ${event.entry} has registered in the place of another one.` }
        : { level: 'info', text: `Simulation server ${event.entry} has registered.` }
    case 'node-left':
      return { level: 'info', text: `Simulation server ${event.entry} has left.` }
    case 'node-gone':
      return { level: 'warn', text: `Simulation server ${event.entry} has not renewed its lease and is gone.` }
    case 'node-ordered':
      return { level: 'info', text: `Simulation server ${event.entry} ${orders[event.order]}.` }
    case 'reservation-lapsed':
    case 'ticket-lapsed':
      return undefined
  }
}
