import { connect, Socket } from 'node:net'
import { encodeFrame, FrameDecoder } from '@simyard/protocol'
import { SimulatorSession } from './session.js'
import { warmUp } from './warm-up.js'

/** The sandboxed process: simulator-v1 on file descriptor 3, or on the Unix socket that is named, and nothing else. */
const channelSocket = process.env.SIMYARD_CHANNEL_SOCKET
const channel = channelSocket ? connect(channelSocket) : new Socket({ fd: 3, readable: true, writable: true })
const session = new SimulatorSession({
  send: (message, body) => channel.write(encodeFrame(message, body)),
  clock: {
    now: () => performance.now(),
    setTimer: (callback, ms) => {
      // A timer of less than a millisecond would still wait for one.
      if (ms < 1) return { immediate: setImmediate(callback) }
      return { timeout: setTimeout(callback, ms) }
    },
    clearTimer: (timer) => {
      const { immediate, timeout } = timer as { immediate?: NodeJS.Immediate; timeout?: NodeJS.Timeout }
      clearImmediate(immediate)
      clearTimeout(timeout)
    },
  },
  close: () => process.exit(0),
})
const decoder = new FrameDecoder()
channel.on('data', (chunk) => {
  for (const { header, body } of decoder.push(chunk)) session.receive(header, body)
})
// The server has gone: there is nobody to simulate for.
channel.on('close', () => process.exit(0))
channel.on('error', () => process.exit(1))

// What takes long is done before anybody waits for it.
await warmUp()
session.hello()
