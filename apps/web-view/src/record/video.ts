export const PICTURES_A_SECOND = 30
export const BITS_A_SECOND = 6_000_000

export interface VideoSize {
  readonly width: number
  readonly height: number
}

/** A video that is being made of pictures. */
export interface Video {
  /** The number `at` of the pictures, in order, as the canvas has it now. Resolves when the next one may come. */
  add(canvas: HTMLCanvasElement, at: number): Promise<void>
  finish(): Promise<Blob>
  /** Gives back what it holds, finished or not. */
  close(): Promise<void>
}
