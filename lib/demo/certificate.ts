/** Certificates (RFC 5280) made on the spot, so that no private key lies in the sources and none runs out. */
import { generateKeyPairSync, randomBytes, sign } from 'node:crypto';

export interface Identity {
  /** PEM. */
  readonly cert: string;
  /** PEM. */
  readonly key: string;
}

/** The subject of a certificate. */
export interface Claim {
  /** A DNS name. */
  readonly name: string;
  readonly from: Date;
  readonly until: Date;
}

const TAG = { boolean: 0x01, integer: 0x02, bits: 0x03, octets: 0x04, oid: 0x06, utf8: 0x0c, time: 0x17 } as const;
const SEQUENCE = 0x30;
const SET = 0x31;
const DNS_NAME = 0x82;
const context = (number: number): number => 0xa0 + number;

/** DER: a tag, the length in as few bytes as it takes, the content. */
const der = (tag: number, ...content: readonly (Buffer | string)[]): Buffer => {
  const value = Buffer.concat(content.map((part) => Buffer.from(part)));
  const size = value.length;
  const length = size < 0x80 ? [size] : size < 0x100 ? [0x81, size] : [0x82, size >> 8, size & 0xff];
  return Buffer.concat([Buffer.from([tag, ...length]), value]);
};
const sequence = (...content: readonly Buffer[]): Buffer => der(SEQUENCE, ...content);
const oid = (hex: string): Buffer => der(TAG.oid, Buffer.from(hex, 'hex'));
const bits = (content: Buffer): Buffer => der(TAG.bits, Buffer.from([0]), content);
const time = (date: Date): Buffer => der(TAG.time, `${date.toISOString().replace(/\D/g, '').slice(2, 14)}Z`);
const named = (name: string): Buffer => sequence(der(SET, sequence(oid('550403'), der(TAG.utf8, name))));

const ECDSA_WITH_SHA256 = sequence(oid('2a8648ce3d040302'));
const YES = der(TAG.boolean, Buffer.from([0xff]));
const IS_AUTHORITY = sequence(oid('551d13'), YES, der(TAG.octets, sequence(YES)));
const alternativeName = (name: string): Buffer =>
  sequence(oid('551d11'), der(TAG.octets, sequence(der(DNS_NAME, name))));

const pem = (content: Buffer): string =>
  `-----BEGIN CERTIFICATE-----\n${content.toString('base64').replace(/.{64}(?=.)/g, '$&\n')}\n-----END CERTIFICATE-----\n`;

interface Issuer {
  readonly name: string;
  /** PEM, private. */
  readonly key: string;
}

const keys = () =>
  generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'der' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });

/** Without an issuer it is its own. */
const certify = (claim: Claim, extension: Buffer, issuer?: Issuer): Identity => {
  const { publicKey, privateKey: key } = keys();
  const by = issuer ?? { name: claim.name, key };
  const claims = sequence(
    der(context(0), der(TAG.integer, Buffer.from([2]))),
    der(TAG.integer, Buffer.from([1]), randomBytes(8)),
    ECDSA_WITH_SHA256,
    named(by.name),
    sequence(time(claim.from), time(claim.until)),
    named(claim.name),
    publicKey,
    der(context(3), sequence(extension)),
  );
  const signature = sign('sha256', claims, by.key);
  return { key, cert: pem(sequence(claims, ECDSA_WITH_SHA256, bits(signature))) };
};

export const selfSigned = (claim: Claim): Identity => certify(claim, alternativeName(claim.name));

export interface Authority {
  /** PEM. Whoever trusts it sees what else is wrong with a certificate that it issued. */
  readonly cert: string;
  readonly issue: (claim: Claim) => Identity;
}

export const authority = (claim: Claim): Authority => {
  const { cert, key } = certify(claim, IS_AUTHORITY);
  return { cert, issue: (to) => certify(to, alternativeName(to.name), { name: claim.name, key }) };
};
