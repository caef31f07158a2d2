/** Page ↔ the worker in which a visitor's program runs. */

export interface ProgramSettings {
  readonly script: string
  /** Id of the room, and where its relay is: `https://host/prefix/`. */
  readonly sessionId: string
  readonly address: string
  /** Address of the site, for what Python needs. */
  readonly site: string
}

export type ToProgram =
  /** What takes long before a program can start is done. */
  | { readonly type: 'prepare'; readonly site: string; readonly link: MessagePort; readonly memory?: SharedArrayBuffer }
  | ({ readonly type: 'run' } & ProgramSettings)

export type FromProgram =
  | { readonly type: 'progress'; readonly text: string }
  | { readonly type: 'print'; readonly stream: 'stdout' | 'stderr'; readonly line: string }
  | { readonly type: 'ended' }
  /** `line`: of the program, from 1. */
  | { readonly type: 'failed'; readonly message: string; readonly line?: number }
