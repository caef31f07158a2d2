import { sessionText } from '@simyard/protocol'
import { createLogger, type Listening, type Logger, listen } from '@simyard/service-host'
import type { SessionServerConfig } from './config.js'
import type { MailSettings } from './notices/mailer.js'
import { HttpMember } from './polling/http-member.js'
import { SessionServer, type SessionServerOptions } from './session-server.js'
import { monitorAddress, settle } from './settings.js'

/** A session server as its configuration wants it, with its port open. */
export async function openSessionServer(config: SessionServerConfig): Promise<{
  readonly log: Logger
  readonly port: number
  close(): Promise<void>
}> {
  const settings = settle(config)
  const log = createLogger({ name: 'session-server', subfolder: 'session', ...config })
  const server = new SessionServer(sessionServerOptions(config, log))
  let listening: Listening
  try {
    server.setMonitor(monitorAddress(config, settings.ssl, config.port))
    await server.open()
    listening = await listen(server, { host: config.host, port: config.port, tls: settings.tls, log })
  } catch (error) {
    await server.close()
    throw error
  }
  server.setMonitor(monitorAddress(config, settings.ssl, listening.port))
  const { port } = listening
  const { running, runningWithSsl } = sessionText.log
  log.info(config.generation === '2019' ? runningWithSsl(port, settings.tls !== undefined) : running(port))
  return {
    log,
    port,
    close: async () => {
      await server.close()
      await listening.close()
    },
  }
}

/** What a configuration means for a session server, wherever its port is. */
export function sessionServerOptions(config: SessionServerConfig, log: Logger): SessionServerOptions {
  const settings = settle(config)
  for (const warning of settings.warnings) log.warn(warning)
  return {
    members: config.simulationServers.map((entry) => new HttpMember(entry, settings.ssl)),
    ...settings,
    log,
    keys: config,
    allowRegistration: config.allowRegistration,
    trustedProxies: config.trustedProxies,
    notices: { mail: mailSettings(config, log), webhooks: config.webhooks },
  }
}

/** Undefined when nobody gets mails; the reason is in the log when somebody should. */
function mailSettings(config: SessionServerConfig, log: Logger): MailSettings | undefined {
  const { administrator, mailServer, mailSender, mailSenderPassword } = config
  if (administrator === undefined) return undefined
  if (mailServer === undefined || mailSender === undefined) {
    const missing = mailServer === undefined ? 'mailServer' : 'mailSender'
    log.info(`The administrator gets no mails: "${missing}" is not set.`)
    return undefined
  }
  return {
    administrator,
    sender: mailSender,
    host: mailServer,
    port: config.mailServerPort || 25,
    login:
      mailSenderPassword === undefined
        ? undefined
        : { user: config.mailSenderUser ?? mailSender, pass: mailSenderPassword },
    verifyCertificate: config.mailVerifyCertificate,
  }
}
