/** The logo: a robot's face looking out of a yard gate, and the name. */
export const wordmark = `<svg viewBox="0 0 118 26" aria-hidden="true" xmlns="http://www.w3.org/2000/svg">
<rect x="1" y="2" width="22" height="22" rx="6.5" fill="var(--accent)"/>
<path d="M12 2V-1" stroke="var(--accent)" stroke-width="2"/>
<circle cx="8.2" cy="11.5" r="2.3" fill="var(--surface)"/><circle cx="15.8" cy="11.5" r="2.3" fill="var(--surface)"/>
<path d="M7 18.2h10" stroke="var(--surface)" stroke-width="2.2" stroke-linecap="round"/>
<text class="letters" x="31" y="19.2" font-family="system-ui, -apple-system, Segoe UI, Roboto, sans-serif" font-size="18.5" font-weight="700" letter-spacing="-.4" fill="currentColor">Simyard</text></svg>`

export function placeWordmark(): void {
  for (const place of document.querySelectorAll('.wordmark')) place.innerHTML = wordmark
}
