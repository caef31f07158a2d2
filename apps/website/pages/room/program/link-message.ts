/** A program ↔ the worker that holds its connections. */
export type ToLink =
  | {
      readonly type: 'connect'
      readonly client: number
      readonly address: string
      readonly namespace: string
      readonly path: string
    }
  | {
      readonly type: 'emit'
      readonly client: number
      readonly event: string
      readonly args: readonly unknown[]
      /** Number of the question, when the relay is to acknowledge it; 0 otherwise. */
      readonly question: number
    }
  | { readonly type: 'disconnect'; readonly client: number }
  /** The message in the shared memory has been read. */
  | { readonly type: 'taken' }

/** From the page. */
export type ToLinkWorker =
  | { readonly type: 'open'; readonly link: MessagePort; readonly memory?: SharedArrayBuffer | undefined }
  | { readonly type: 'close' }

export type FromLink =
  | { readonly client: number; readonly type: 'connect'; readonly sid: string }
  | { readonly client: number; readonly type: 'connect_error'; readonly message: string }
  | { readonly client: number; readonly type: 'disconnect'; readonly reason: string }
  | { readonly client: number; readonly type: 'ack'; readonly question: number; readonly args: readonly unknown[] }
  | { readonly client: number; readonly type: 'event'; readonly event: string; readonly args: readonly unknown[] }

/** Shared memory: state, length and waiting messages as int32, then the text of one message. */
export const STATE_EMPTY = 0
export const STATE_FULL = 1
/** A message was too long to be handed over. */
export const STATE_LOST = 2
export const MAX_MESSAGE_BYTES = 1024 * 1024
