/** One camera picture: BGRA rows from the top left. */
export interface Picture {
  readonly width: number
  readonly height: number
  readonly bgra: Uint8Array
}
