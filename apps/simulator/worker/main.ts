import type { PageToTab, TabToPage } from '@simyard/protocol'
import { prepareTemplates } from '@simyard/scene'
import { TabHost } from './tab-host.js'

/** The worker of a page in which a simulation runs: the same engine as on a server. */
prepareTemplates()
const host = new TabHost({
  toPage: (message: TabToPage) => {
    const body = message.type === 'simulator' && message.body.length > 0 ? [message.body.buffer] : []
    postMessage(message, { transfer: body })
  },
  engineUrl: (name) => new URL(name, import.meta.url).href,
})
addEventListener('message', ({ data }: MessageEvent<PageToTab>) => host.receive(data))
