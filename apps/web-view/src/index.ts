import { SimyardView } from './element.js'

export type { Failure } from './connection/message.js'
export type { Progress, StepName } from './connection/session.js'
export { SimyardView } from './element.js'
export type { ViewEvents, ViewState } from './view-event.js'

if (!customElements.get('simyard-view')) customElements.define('simyard-view', SimyardView)

declare global {
  interface HTMLElementTagNameMap {
    'simyard-view': SimyardView
  }
}
