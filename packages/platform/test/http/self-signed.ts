import { generateKeyPairSync, sign, type KeyObject } from 'node:crypto';
import type { TlsFiles } from '../../src/http/tls.ts';

// A certificate (RFC 5280) by hand, for Node can read them but not make them.

function der(tag: number, ...parts: readonly Buffer[]): Buffer {
  const content = Buffer.concat(parts);
  const { length } = content;
  const size = length < 128 ? [length] : length < 256 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), content]);
}

const sequence = (...parts: readonly Buffer[]) => der(0x30, ...parts);
const oid = (hex: string) => der(0x06, Buffer.from(hex, 'hex'));
const utcTime = (date: Date) => der(0x17, Buffer.from(`${date.toISOString().replaceAll(/[-:T]/g, '').slice(2, 14)}Z`));

const ecdsaWithSha256 = sequence(oid('2a8648ce3d040302'));
const name = sequence(der(0x31, sequence(oid('550403'), der(0x0c, Buffer.from('localhost')))));
/** subjectAltName: localhost and 127.0.0.1. */
const alternatives = der(
  0xa3,
  sequence(
    sequence(
      oid('551d11'),
      der(0x04, sequence(der(0x82, Buffer.from('localhost')), der(0x87, Buffer.from([127, 0, 0, 1])))),
    ),
  ),
);

/** A key and a certificate for the loopback that it has signed itself. */
export function selfSigned(until = new Date(Date.now() + 86_400_000)): TlsFiles {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const certificate = certificateOf(publicKey, privateKey, until).toString('base64');
  return {
    certificate: `-----BEGIN CERTIFICATE-----\n${certificate.replaceAll(/.{64}/g, '$&\n')}\n-----END CERTIFICATE-----\n`,
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }) as string,
  };
}

function certificateOf(publicKey: KeyObject, privateKey: KeyObject, until: Date): Buffer {
  const version3 = der(0xa0, der(0x02, Buffer.from([2])));
  const serial = der(0x02, Buffer.from([1]));
  const validity = sequence(utcTime(new Date(until.getTime() - 30 * 86_400_000)), utcTime(until));
  const key = publicKey.export({ type: 'spki', format: 'der' });
  const body = sequence(version3, serial, ecdsaWithSha256, name, validity, name, key, alternatives);
  const signature = sign('sha256', body, privateKey);
  return sequence(body, ecdsaWithSha256, der(0x03, Buffer.from([0]), signature));
}
