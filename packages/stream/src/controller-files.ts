import { streamMessage } from '@simyard/protocol'
import type { StreamActions } from './stream-actions.js'

/** Programs of the project as viewers read and write them. */
export class ControllerFiles {
  private pendingWrites = 0
  private readonly whenWritten: (() => void)[] = []

  constructor(private readonly actions: Pick<StreamActions, 'readController' | 'writeController'>) {}

  /** `only`: one of its files. */
  read(controller: string, only: string | undefined, tell: (text: string) => void, refuse: Refuse): void {
    this.actions.readController(controller).then(
      (files) => {
        for (const { file, content } of files) {
          if (only === undefined || file === only) tell(streamMessage.setController(controller, file, content))
        }
      },
      (error: unknown) => refuse(messageOf(error)),
    )
  }

  write(controller: string, file: string, content: string, refuse: Refuse): void {
    this.pendingWrites++
    this.actions
      .writeController(controller, file, content)
      .catch((error: unknown) => refuse(messageOf(error)))
      .finally(() => this.written())
  }

  /** What follows a change of a file waits for it: a reset must start the new program, not the old one. */
  afterWrites(action: () => void): void {
    if (this.pendingWrites === 0) action()
    else this.whenWritten.push(action)
  }

  private written(): void {
    this.pendingWrites--
    if (this.pendingWrites === 0) for (const action of this.whenWritten.splice(0)) action()
  }
}

type Refuse = (message: string) => void

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error)
}
