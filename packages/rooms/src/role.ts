import { type RoomRole, roomRoles } from '@simyard/protocol'

export type Role = RoomRole

export function mayActAs(role: Role, needed: Role): boolean {
  return roomRoles.indexOf(role) >= roomRoles.indexOf(needed)
}
