import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { targetSecrets } from '../../lib/core/credentials.js';
import { target } from '../support/values.js';

describe('core/credentials', () => {
  describe('secrets', () => {
    it("of a target are its host, with and without its port, its key and its fields' values", () => {
      const secrets = targetSecrets(
        target('https://api.example.com:8443/v1', { apiKey: O.some('target-key'), headers: { 'x-team': 'seahorse' } }),
      );
      expect(secrets).to.have.members(['api.example.com:8443', 'api.example.com', 'target-key', 'seahorse']);
    });

    it('of a target without a key or fields are its host alone', () => {
      expect(new Set(targetSecrets(target('https://api.example.com')))).to.deep.equal(new Set(['api.example.com']));
    });
  });
});
