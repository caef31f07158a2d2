import type { PageRoom } from './page-room.js'

export class ProgramDesk {
  constructor(
    readonly room: PageRoom,
    readonly project: string,
  ) {}
}
