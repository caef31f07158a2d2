/** What a member may do; each may what those before it may. */
export const roles = ['viewer', 'driver', 'stage-hand', 'owner'] as const
export type Role = (typeof roles)[number]

export function mayActAs(role: Role, needed: Role): boolean {
  return roles.indexOf(role) >= roles.indexOf(needed)
}
