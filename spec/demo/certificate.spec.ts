import { X509Certificate } from 'node:crypto';
import { expect } from 'chai';
import { authority, selfSigned } from '../../lib/demo/certificate.js';

const claim = { name: 'localhost', from: new Date('2024-02-29T12:34:56Z'), until: new Date('2034-01-01T00:00:00Z') };

describe('demo: a certificate', () => {
  it('says what it was made to say.', () => {
    const certificate = new X509Certificate(selfSigned(claim).cert);
    expect(certificate.subject).to.equal('CN=localhost');
    expect(certificate.subjectAltName).to.equal('DNS:localhost');
    expect(new Date(certificate.validFrom).toISOString()).to.equal('2024-02-29T12:34:56.000Z');
    expect(new Date(certificate.validTo).toISOString()).to.equal('2034-01-01T00:00:00.000Z');
    expect(certificate.ca).to.equal(false);
  });

  it('that is self-signed is vouched for by itself.', () => {
    const certificate = new X509Certificate(selfSigned(claim).cert);
    expect(certificate.verify(certificate.publicKey)).to.equal(true);
    expect(certificate.issuer).to.equal(certificate.subject);
  });

  it('that an authority issued is vouched for by that authority, and by no other.', () => {
    const issuer = authority({ ...claim, name: 'Authority' });
    const certificate = new X509Certificate(issuer.issue(claim).cert);
    const above = new X509Certificate(issuer.cert);
    expect(above.ca).to.equal(true);
    expect(certificate.checkIssued(above)).to.equal(true);
    expect(certificate.verify(above.publicKey)).to.equal(true);
    const another = new X509Certificate(authority({ ...claim, name: 'Authority' }).cert);
    expect(certificate.verify(another.publicKey)).to.equal(false);
  });

  it('has a key and a serial number of its own.', () => {
    const [one, two] = [selfSigned(claim), selfSigned(claim)];
    expect(one.key).to.not.equal(two.key);
    expect(new X509Certificate(one.cert).serialNumber).to.not.equal(new X509Certificate(two.cert).serialNumber);
  });
});
