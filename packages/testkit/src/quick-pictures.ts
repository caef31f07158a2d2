/**
 * A script for pages, to be run before their own: their views draw as somebody with a slow machine sets them, with small
 * shaders and fewer pixels, five pictures a second. For tests that are not about the picture: a full one in software takes
 * both cores for seconds, and a world that moves takes one for as long as it is looked at.
 * The first picture is always drawn so; that is the moment before the full materials are begun.
 */
export const quickPictures = `new MutationObserver(() => {
  for (const view of document.querySelectorAll('simyard-view[data-picture=shown]'))
    if (view.quality?.materials === 'full')
      view.quality = { ...view.quality, materials: 'simple', shadows: false, pixelRatioCap: 0.2, automatic: false }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-picture'] })
{
  const atOnce = requestAnimationFrame.bind(globalThis)
  const waiting = new Set()
  globalThis.requestAnimationFrame = (draw) => {
    const id = setTimeout(() => atOnce((now) => waiting.delete(id) && draw(now)), 180)
    waiting.add(id)
    return id
  }
  globalThis.cancelAnimationFrame = (id) => void waiting.delete(id)
}`
