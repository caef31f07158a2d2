/** First byte of a binary message to a page. */
export const BINARY_MESSAGE = {
  /** A frame of the scene. */
  frame: 1,
  /** What a device sees. */
  picture: 2,
} as const
