/**
 * Has the views of a page or a context draw as somebody with a slow machine sets them: small shaders, fewer pixels. For
 * tests that are not about the picture: a full one in software takes both cores for seconds.
 */
export async function drawQuickly<Target extends { addInitScript(script: { content: string }): Promise<unknown> }>(
  target: Target,
): Promise<Target> {
  await target.addInitScript({ content: SCRIPT })
  return target
}

/** The first picture is always drawn so; that is the moment before the full materials are begun. */
const SCRIPT = `new MutationObserver(() => {
  for (const view of document.querySelectorAll('simyard-view[data-picture=shown]'))
    if (view.quality?.materials === 'full')
      view.quality = { ...view.quality, materials: 'simple', shadows: false, pixelRatioCap: 0.5, automatic: false }
}).observe(document, { subtree: true, attributes: true, attributeFilter: ['data-picture'] })`
