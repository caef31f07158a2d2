import { FossBot, type FossBotArguments } from '../fossbot.js'
import { GodotEnvironment, type GodotEnvironmentArguments } from '../godot-environment.js'
import { pageIo, relayAddress } from './page.js'

// For pages with a plain script element: the global classes that FOSSBot's fossbot_class.js gives, and the one it lacks.
class PageFossBot extends FossBot {
  constructor(sessionId: string, given: FossBotArguments = {}) {
    super(sessionId, { io: pageIo, ...given, server_address: given.server_address || relayAddress })
  }
}

class PageGodotEnvironment extends GodotEnvironment {
  constructor(sessionId: string, given: GodotEnvironmentArguments = {}) {
    super(sessionId, { io: pageIo, ...given, server_address: given.server_address || relayAddress })
  }
}

Object.assign(globalThis, { FossBot: PageFossBot, GodotEnvironment: PageGodotEnvironment })
