import { expect } from 'chai';
import { hasTerminal, onHangUp } from '../../lib/cli/hang-up.js';

describe('cli: a SIGHUP', () => {
  const outcome = (isTerminal: boolean, isThere: boolean): string => {
    let came = '';
    onHangUp({
      isTerminal,
      hasTerminal: () => isThere,
      stop: () => {
        came = 'stop';
      },
      reload: () => {
        came = 'reload';
      },
    });
    return came;
  };

  it('reloads, unless it means that the terminal has closed', () => {
    expect(outcome(false, false)).to.equal('reload');
    expect(outcome(false, true)).to.equal('reload');
    expect(outcome(true, true)).to.equal('reload');
    expect(outcome(true, false)).to.equal('stop');
  });

  it('knows by the terminal itself whether that is there', () => {
    expect(hasTerminal('/no/such/terminal')).to.equal(false);
    expect(hasTerminal(process.execPath)).to.equal(true);
    expect(hasTerminal()).to.be.a('boolean');
  });
});
