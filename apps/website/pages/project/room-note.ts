import { manageCopy } from '../room/room-card.js'
import { siteUrl } from '../site/root.js'

/** Tells the id by which programs elsewhere reach the robots of a simulation on a server, and where others watch it. */
export function showRoomNote(
  place: HTMLElement,
  room: { readonly id: string; readonly code: string; readonly state: string },
): void {
  const known = place.querySelector('code')?.textContent
  if (known !== room.id) {
    place.innerHTML =
      '<span>Session id for programs</span><code></code><button class="text-button" type="button">Copy</button><a target="_blank" rel="noopener">Others watch here</a>'
    place.querySelector('code')!.textContent = room.id
    place.querySelector('a')!.href = siteUrl(`watch/${room.code}`)
    manageCopy(place.querySelector('button')!, place.querySelector('code')!)
  }
  place.hidden = room.state === 'refused'
}
