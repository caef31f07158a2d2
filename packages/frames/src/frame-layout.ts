/** How a binary frame relates to what came before; the lowest bits of its second byte. */
export const FRAME_KIND = {
  /** Changes since the frame whose number is one less. */
  next: 0,
  /** Everything that changed since an older frame. */
  merged: 1,
  /** The whole state: nothing that came before counts. */
  full: 2,
} as const
export const KIND_BITS = 0x03
/** Simulated times in it are whole milliseconds; microseconds otherwise. */
export const WHOLE_MS = 0x04
/** After the poses there are other fields and labels, as JSON. */
export const HAS_TEXT = 0x08

/** Bits of an entry that builds on what is expected: which components differ, and which parts of the pose it tells. */
export const TELLS_TRANSLATION = 0x40
export const TELLS_ROTATION = 0x80
/** The three bits from here on: components of the rotation. */
export const ROTATION_SHIFT = 3

/** Bits of an entry that stands for itself. */
export const ABSOLUTE = { translation: 1, translationStep: 2, rotation: 4, rotationBefore: 8 } as const
