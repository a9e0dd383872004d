import { expect } from 'chai';
import fc from 'fast-check';
import { accountOf, openAccount, openAccountOf } from '../../lib/stream/ledger.js';

describe('the ledger of held bodies', () => {
  it('has nothing in it once all have given back, whatever they did', () => {
    const act = fc.record({ who: fc.nat(3), what: fc.constantFrom('take', 'reply', 'back'), bytes: fc.nat(100_000) });
    fc.assert(
      fc.property(fc.array(act), (acts) => {
        const ledger = { heldBytes: 0 };
        const accounts = [0, 1, 2, 3].map(() => openAccount(ledger, 150_000));
        for (const { who, what, bytes } of acts) {
          const account = accounts[who] as (typeof accounts)[number];
          if (what === 'take') account.take(bytes);
          if (what === 'reply') account.beginReply();
          if (what === 'back') account.giveBack();
          expect(ledger.heldBytes).to.be.at.least(0);
        }
        for (const account of accounts) account.giveBack();
        expect(ledger.heldBytes).to.equal(0);
      }),
    );
  });
  it('lets one exchange in, however much it takes, and no other beside it', () => {
    const ledger = { heldBytes: 0 };
    const [one, other] = [openAccount(ledger, 10), openAccount(ledger, 10)];
    expect([one.take(50), one.take(50), other.take(1)]).to.deep.equal([true, true, false]);
    expect(ledger.heldBytes).to.equal(100);
  });
  it('forgets a reply when the next one begins', () => {
    const ledger = { heldBytes: 0 };
    const account = openAccount(ledger, 100);
    account.take(10);
    account.beginReply();
    account.take(30);
    account.beginReply();
    account.take(5);
    expect(ledger.heldBytes).to.equal(15);
  });
  it('refuses a long reply where no memory is left, and no short one', () => {
    const ledger = { heldBytes: 0 };
    const [one, other] = [openAccount(ledger, 10), openAccount(ledger, 10)];
    one.take(10);
    other.beginReply();
    expect([other.take(64 * 1024), other.take(1)]).to.deep.equal([true, false]);
    expect(ledger.heldBytes).to.equal(10 + 64 * 1024);
  });
  it('knows an exchange by its signal, and counts nothing of who is in none', () => {
    const ledger = { heldBytes: 0 };
    const { signal } = new AbortController();
    const account = openAccountOf(signal, ledger, 10);
    expect(accountOf(signal)).to.equal(account);
    for (const given of [undefined, new AbortController().signal]) {
      const none = accountOf(given);
      none.beginReply();
      expect(none.take(1e12)).to.equal(true);
      none.giveBack();
    }
    expect(ledger.heldBytes).to.equal(0);
  });
});
