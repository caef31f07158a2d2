import { deleteRecording } from '../site/api.js'

/** Asks before something is deleted for good. */
export function fillRemovalSheet(
  dialog: HTMLDialogElement,
  title: string,
  id: string,
  key: string,
  onRemoved: () => void,
): void {
  dialog.innerHTML = `<h2 id="removal-title">Delete it for good?</h2><p></p><p role="alert"></p>
    <form method="dialog"><button class="text-button">Keep it</button>
    <button class="text-button primary" type="button">Delete</button></form>`
  const [question, problem] = dialog.querySelectorAll('p')
  question!.textContent = `Nobody can see “${title}” any more, and links to it lead nowhere.`
  dialog.querySelector('.primary')!.addEventListener('click', () => {
    deleteRecording(id, key).then(onRemoved, (error: unknown) => {
      problem!.textContent = error instanceof Error ? error.message : String(error)
    })
  })
}
