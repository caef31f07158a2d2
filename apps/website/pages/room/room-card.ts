import { renderSVG } from 'uqr'
import type { PageRoom } from './page-room.js'

/** How others get in: the code to type, its picture for phones, and the id for programs. */
export function fillRoomCard(card: HTMLElement, button: HTMLElement, room: PageRoom): void {
  const invitation = new URL(`join/${room.code}`, room.address).href
  const watching = new URL(`watch/${room.code}`, room.address).href
  card.innerHTML = `
    <h2>Join this room</h2>
    <p class="code"></p>
    <div class="qr" role="img" aria-label="QR code of the address below"></div>
    <p class="quiet">Type the code at <b class="where"></b>, or scan the picture.</p>
    <h3>Watch</h3>
    <p class="quiet">Whoever opens this address sees the robots, and changes nothing.</p>
    <p class="watch-link"><a target="_blank" rel="noopener"></a> <button class="text-button" type="button">Copy</button></p>
    <details><summary>As a QR code</summary><div class="qr watch-qr" role="img" aria-label="QR code of the address for watching"></div></details>
    <div id="members"></div>
    <h3>Programs</h3>
    <p class="quiet">Programs use the session id. Whoever has it may drive the robots and change the world.</p>
    <pre tabindex="0"><code></code></pre>`
  card.querySelector('.code')!.textContent = room.code
  card.querySelector('.qr')!.innerHTML = renderSVG(invitation, { border: 2 })
  const link = card.querySelector<HTMLAnchorElement>('.watch-link a')!
  link.href = watching
  link.textContent = watching.replace(/^https?:\/\//, '')
  manageCopy(card.querySelector<HTMLButtonElement>('.watch-link button')!, link, watching)
  const picture = card.querySelector('details')!
  const draw = () => {
    card.querySelector('.watch-qr')!.innerHTML = renderSVG(watching, { border: 2 })
  }
  picture.addEventListener('toggle', draw, { once: true })
  card.querySelector('.where')!.textContent = new URL('join', room.address).href.replace(/^https?:\/\//, '')
  const server = room.address.replace(/\/$/, '')
  card.querySelector('code')!.textContent =
    `from fossbot import FossBot\nrobot = FossBot("${room.id}",\n    server_address="${server}")`
  const show = (open: boolean) => {
    card.hidden = !open
    button.setAttribute('aria-expanded', String(open))
  }
  button.addEventListener('click', () => show(card.hidden !== false))
  document.addEventListener('keydown', (event) => {
    if (event.key !== 'Escape' || card.hidden) return
    show(false)
    button.focus()
  })
}

/** `text`: what is copied, where it is not what `source` shows. */
export function manageCopy(button: HTMLButtonElement, source: HTMLElement, text?: string): void {
  button.addEventListener('click', async () => {
    try {
      await navigator.clipboard.writeText(text ?? source.textContent ?? '')
      button.textContent = 'Copied'
    } catch {
      // Without HTTPS a page may not write to the clipboard; what is selected can be copied by hand.
      getSelection()?.selectAllChildren(source)
      button.textContent = 'Press Ctrl-C'
    }
    setTimeout(() => {
      button.textContent = 'Copy'
    }, 2000)
  })
}
