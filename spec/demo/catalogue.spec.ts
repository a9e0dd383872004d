import { expect } from 'chai';
import { reasons } from '../../lib/core/reason.js';
import { faults, goodReplies, modelNames, scriptOf, shows } from '../../lib/demo/catalogue.js';

describe('demo: the catalogue', () => {
  it('shows every reason that an upstream can cause.', () => {
    const causedUpstream = Object.entries(reasons).filter(([, { by }]) => by === 'upstream');
    expect(Object.keys(shows)).to.have.members(causedUpstream.map(([reason]) => reason));
    for (const [reason, names] of Object.entries(shows)) {
      for (const name of names) expect(faults[name].reason, name).to.equal(reason);
    }
  });

  it('does not compile without a fault for each reason, or with one of another reason.', () => {
    const { rate_limited, ...rest } = shows;
    // @ts-expect-error: rate_limited is missing.
    const missing: typeof shows = rest;
    // @ts-expect-error: a 500 is no rate limit.
    const wrong: typeof shows = { ...rest, rate_limited: ['http-500'] };
    // @ts-expect-error: one is needed at least.
    const none: typeof shows = { ...rest, rate_limited: [] };
    expect([missing, wrong, none]).to.have.length(3);
    expect(rate_limited).to.include('http-429');
  });

  it('has a name that shows the good from the bad, fit for a model name, and a sentence for each.', () => {
    for (const [name, { says }] of [...Object.entries(faults), ...Object.entries(goodReplies)]) {
      expect(name).to.match(/^[a-z0-9]+(-[a-z0-9]+)*$/);
      expect(says, name).to.match(/^\S.*[^.]\.$/);
    }
    for (const name of Object.keys(goodReplies)) expect(name).to.match(/^good-/);
    for (const name of Object.keys(faults)) expect(name).to.not.match(/^good-/);
  });

  it('plays what can be asked for by name, and nothing else.', () => {
    for (const name of ['http-429', 'good-plain', 'broken-end']) expect(scriptOf(name), name).to.be.a('function');
    for (const name of ['', 'port-closed', 'constructor', '__proto__']) {
      expect(scriptOf(name), name).to.equal(undefined);
    }
  });

  it('offers models of which each can be played.', () => {
    expect(modelNames).to.include('demo:good-plain').and.to.include('demo:http-429');
    for (const name of modelNames) expect(scriptOf(name.replace('demo:', '')), name).to.be.a('function');
  });
});
