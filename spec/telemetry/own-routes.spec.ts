import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import * as sinon from 'sinon';
import type { Reply } from '../../lib/core/exchange.js';
import { ownRoutes } from '../../lib/telemetry/own-routes.js';
import { type Status, statusView } from '../../lib/telemetry/status.js';

const status: Status = statusView({ version: '1.2.3', now: () => 0, wallClock: () => 0 }).report();
const content = ({ body }: Reply): unknown => (body._tag === 'Bytes' ? JSON.parse(body.bytes.toString()) : body);

const ask = (path: string, { method = 'GET', isReady = true } = {}): O.Option<Reply> =>
  ownRoutes({ report: () => status, isReady: () => isReady })({ method, path, headers: {} });

const answer = (path: string, options?: { readonly method?: string; readonly isReady?: boolean }): Reply => {
  const reply = ask(path, options);
  if (O.isNone(reply)) return expect.fail(`${path} is not ours`);
  return reply.value;
};

describe('telemetry/own-routes', () => {
  it('is alive while it can answer at all, ready or not', () => {
    for (const isReady of [true, false]) {
      const reply = answer('/healthz', { isReady });
      expect(reply.status).to.equal(200);
      expect(content(reply)).to.deep.equal({ alive: true });
    }
  });

  it('takes traffic until it is stopped', () => {
    const ready = answer('/readyz');
    expect(ready.status).to.equal(200);
    expect(content(ready)).to.deep.equal({ ready: true });
    const stopping = answer('/readyz', { isReady: false });
    expect(stopping.status).to.equal(503);
    expect(content(stopping)).to.deep.equal({ ready: false });
  });

  it('shows its status', () => {
    const reply = answer('/status');
    expect(reply.status).to.equal(200);
    expect(content(reply)).to.deep.equal(status);
  });

  it('answers in JSON that nobody keeps, with a query and to HEAD too', () => {
    for (const path of ['/healthz', '/readyz', '/status', '/status?pretty']) {
      for (const method of ['GET', 'HEAD']) {
        const { headers } = answer(path, { method });
        expect(headers).to.deep.equal({ 'content-type': 'application/json', 'cache-control': 'no-store' });
      }
    }
  });

  it('leaves everything else to the target', () => {
    for (const path of ['/v1/models', '/healthz/', '/status/x', '/v1/status', '/x?/healthz']) {
      expect(ask(path), path).to.deep.equal(O.none);
    }
  });

  it('takes nothing, and sends nothing on that is addressed to it', () => {
    for (const path of ['/healthz', '/readyz', '/status?x']) {
      for (const method of ['POST', 'DELETE', 'OPTIONS']) {
        const { status: code, headers } = answer(path, { method });
        expect(code, method).to.equal(405);
        expect(headers).to.include({ allow: 'GET, HEAD' });
      }
    }
  });

  it('makes no report that nobody asked for', () => {
    const report = sinon.stub().returns(status);
    const routes = ownRoutes({ report, isReady: () => true });
    routes({ method: 'GET', path: '/v1/models', headers: {} });
    routes({ method: 'GET', path: '/healthz', headers: {} });
    expect(report.called).to.equal(false);
  });
});
