import { manageCopy } from '../room/room-card.js'

/** Tells the id by which programs elsewhere reach the robots of a simulation on a server. */
export function showRoomNote(place: HTMLElement, room: { readonly id: string; readonly state: string }): void {
  const known = place.querySelector('code')?.textContent
  if (known !== room.id) {
    place.innerHTML =
      '<span>Session id for programs</span><code></code><button class="text-button" type="button">Copy</button>'
    place.querySelector('code')!.textContent = room.id
    manageCopy(place.querySelector('button')!, place.querySelector('code')!)
  }
  place.hidden = room.state === 'refused'
}
