import { createPrivateKey, X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { TlsUnusable } from './errors.ts';

/** Certificate chain and private key, in PEM. */
export interface TlsFiles {
  readonly certificate: string;
  readonly key: string;
}

/**
 * Reads and checks what TLS needs, so that a start fails and not every connection.
 * @throws TlsUnusable for files that cannot be read, are no PEM, do not belong together or have expired.
 */
export async function readTls(certificatePath: string, key: string, nowMs: number): Promise<TlsFiles> {
  const text = await readFile(certificatePath, 'utf8').catch((cause: Error) => {
    throw TlsUnusable.error(`http.tls.certificateFile cannot be read: ${cause.message}`, { cause });
  });
  const certificate = parsed('http.tls.certificateFile is no certificate in PEM', () => new X509Certificate(text));
  const privateKey = parsed('http.tls.key is no private key in PEM', () => createPrivateKey(key));
  if (!certificate.checkPrivateKey(privateKey))
    throw TlsUnusable.error('http.tls.key is not the key of the certificate in http.tls.certificateFile');
  if (certificate.validToDate.getTime() <= nowMs)
    throw TlsUnusable.error(`the certificate in http.tls.certificateFile has expired on ${certificate.validTo}`);
  return { certificate: text, key };
}

/** The cause is left out: it could quote the key. */
function parsed<T>(complaint: string, parse: () => T): T {
  try {
    return parse();
  } catch {
    throw TlsUnusable.error(complaint);
  }
}
