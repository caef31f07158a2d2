/**
 * A script for pages, to be run before their own: their views draw as somebody with a slow machine sets them, with small
 * shaders and fewer pixels. For tests that are not about the picture: a full one in software takes both cores for seconds.
 * The first picture is always drawn so; that is the moment before the full materials are begun.
 */
export const quickPictures = `new MutationObserver(() => {
  for (const view of document.querySelectorAll('simyard-view[data-picture=shown]'))
    if (view.quality?.materials === 'full')
      view.quality = { ...view.quality, materials: 'simple', shadows: false, pixelRatioCap: 0.5, automatic: false }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-picture'] })`
