/** Throws when the text has no such element. */
export function parseXml(text: string, tag: string): Element {
  const document = new DOMParser().parseFromString(text, 'text/xml')
  const problem = document.querySelector('parsererror')
  const found = document.querySelector(tag)
  if (problem || !found) throw new Error(problem?.textContent?.split('\n')[0] ?? `the scene has no <${tag}>`)
  return found
}
