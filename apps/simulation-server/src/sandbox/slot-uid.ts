/** A program under a uid of its own needs root; otherwise all run under the server's uid. */
export const runsAsRoot = process.getuid?.() === 0

/**
 * First uid of this server's slots; each running program has one of its own, because process limits count per uid.
 * Servers that run side by side on one machine begin at different uids for the same reason.
 */
const FIRST_SLOT_UID = 20_000 + (process.pid % 400) * 100

export function uidOfSlot(slot: number): number {
  return FIRST_SLOT_UID + slot
}
