import { getStatus } from './api.js'
import { icon } from './icon.js'

export function showBanner(place: HTMLElement, text: string, kind: 'warn' | 'bad', action?: HTMLElement): void {
  const banner = document.createElement('div')
  banner.className = `banner ${kind}`
  banner.innerHTML = `${icon('warning')}<span></span>`
  banner.querySelector('span')!.textContent = text
  if (action) banner.append(action)
  place.append(banner)
}

/** Tells visitors when programs run with the operator's rights. */
export async function warnWithoutSandbox(place: HTMLElement): Promise<void> {
  try {
    const { sandbox } = await getStatus()
    if (sandbox.ok) return
    const plain = 'Programs run here without a sandbox, with the rights of whoever started this server.'
    showBanner(place, sandbox.message ?? plain, 'warn')
  } catch {
    // What else the page asks for will say that the server is away.
  }
}
