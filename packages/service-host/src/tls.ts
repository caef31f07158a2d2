import { createPrivateKey, X509Certificate } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { createSecureContext } from 'node:tls'
import { SimyardError } from '@simyard/protocol'

/** Paths of PEM files. The certificate's file has the whole chain, the server's own certificate first. */
export interface TlsFiles {
  readonly certificate: string
  readonly key: string
}

export interface TlsPair {
  /** PEM text. */
  readonly cert: string
  readonly key: string
  /** When the server's own certificate ends. */
  readonly expires: Date
}

const DAY_MS = 24 * 60 * 60 * 1000
const WARN_BEFORE_DAYS = 14

/** Reads both files and checks that they belong together. Throws CONFIG_INVALID with the file and the reason. */
export function readTlsPair({ certificate, key }: TlsFiles): TlsPair {
  return checkTlsPair({ certificate, key }, readPem(certificate, 'certificate'), readPem(key, 'key'))
}

function readPem(path: string, what: string): string {
  try {
    return readFileSync(path, 'utf8')
  } catch (cause) {
    throw new SimyardError('CONFIG_INVALID', `The ${what} file ${path} cannot be read: ${(cause as Error).message}.`, {
      cause,
    })
  }
}

export function checkTlsPair(files: TlsFiles, cert: string, key: string): TlsPair {
  const x509 = parse(() => new X509Certificate(cert), `${files.certificate} is not a certificate in PEM form`)
  const privateKey = parse(
    () => createPrivateKey(key),
    `${files.key} is not a private key in PEM form without a pass phrase`,
  )
  if (!x509.checkPrivateKey(privateKey)) {
    throw new SimyardError(
      'CONFIG_INVALID',
      `The key ${files.key} does not belong to the certificate ${files.certificate}. Name the two files that were made together; in the certificate's file the server's own certificate comes first.`,
    )
  }
  parse(() => createSecureContext({ cert, key }), `${files.certificate} and ${files.key} cannot be used for TLS`)
  return { cert, key, expires: new Date(x509.validTo) }
}

function parse<T>(read: () => T, sentence: string): T {
  try {
    return read()
  } catch (cause) {
    throw new SimyardError('CONFIG_INVALID', `${sentence}: ${(cause as Error).message}.`, { cause })
  }
}

/** What an operator must hear about a certificate's end; undefined while there is time. */
export function expiryWarning(expires: Date, now: Date): string | undefined {
  const days = (expires.getTime() - now.getTime()) / DAY_MS
  const day = expires.toISOString().slice(0, 10)
  if (days <= 0) return `The certificate expired on ${day}: browsers refuse it. Renew it; the new one is taken at once.`
  if (days > WARN_BEFORE_DAYS) return undefined
  return `The certificate expires on ${day}. Renew it before; the new one is taken at once.`
}
