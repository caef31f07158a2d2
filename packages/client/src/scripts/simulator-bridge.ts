import { hostRoom } from '../host-room.js'
import type { HostedRoom } from '../hosted-room.js'
import { pageIo, relayAddress } from './page.js'

// For simulator pages made like FOSSBot's: the functions of `window` that its Godot program calls.
let room: HostedRoom | undefined
/** What is said before the room is there. */
let early: (() => void)[] = []
let opening = 0
let callback: ((message: string) => void) | undefined
/** Commands that came before somebody listened. */
let unheard: string[] = []

function initGodotSocket(): void {
  const mine = ++opening
  hostRoom({
    address: relayAddress,
    storage: sessionStorage,
    io: pageIo,
    onCommand: (command) => {
      const text = JSON.stringify(command)
      if (callback) callback(text)
      else unheard.push(text)
    },
    onEnd: (error) => show('session-id', error.message),
  }).then(
    (opened) => {
      if (mine !== opening) return opened.close()
      room = opened
      show('session-id', opened.id)
      show('join-code', opened.code)
      for (const say of early.splice(0)) say()
    },
    (error: Error) => show('session-id', error.message),
  )
}

function initCallBack(listener: (message: string) => void): void {
  callback = listener
  for (const text of unheard.splice(0)) listener(text)
}

function disconnectGodotSocket(): void {
  opening++
  room?.close()
  room = undefined
  early = []
  unheard = []
}

function say(event: 'godotMessage' | 'godotError', payload: Readonly<Record<string, unknown>>): void {
  if (room) room.say(event, payload)
  else early.push(() => room?.say(event, payload))
}

function sendMessageFromGodot(data: unknown, fossbot_name: string, user_id: string): void {
  say('godotMessage', { data, fossbot_name, user_id })
}

function sendErrorFromGodot(data: unknown, fossbot_name: string, user_id: string): void {
  say('godotError', { data, fossbot_name, user_id })
}

function sendEnvMessageFromGodot(data: unknown, user_id: string): void {
  say('godotMessage', { data, user_id })
}

function show(id: string, text: string): void {
  const element = document.getElementById(id)
  if (element) element.textContent = text
}

Object.assign(globalThis, {
  initGodotSocket,
  initCallBack,
  disconnectGodotSocket,
  sendMessageFromGodot,
  sendErrorFromGodot,
  sendEnvMessageFromGodot,
})
