import { config } from 'zod/v4/core'

// These pages forbid eval. Schemas that find that out by trying are reported by Firefox as an attack, to every visitor.
config({ jitless: true })
