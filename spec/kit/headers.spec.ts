import { expect } from 'chai';
import { bytes, defineStage, value } from '../../lib/index.js';
import { headers } from '../../lib/kit/headers.js';
import { attempt, response, run, startProxy } from '../../lib/testing/index.js';
import { problem } from './options.js';

describe('kit/headers', () => {
  const using = (options: Readonly<Record<string, unknown>>) => ({ stage: headers.definition as never, with: options });

  it('changes what is sent', async () => {
    const value = attempt({ request: { headers: { 'user-agent': 'x', accept: '*/*' } } });
    const ran = await run(
      using({ request: { set: { 'X-Team': 'sea', accept: 'a' }, remove: ['User-Agent', 'none'] } }),
      'attempt',
      value,
    );
    expect(ran._tag === 'Value' && { ...ran.value.outgoing.headers }).to.deep.equal({ accept: 'a', 'x-team': 'sea' });
  });

  it('changes what the client gets', async () => {
    const value = response({ reply: { headers: { server: 'x', 'content-type': 'application/json' } } });
    const ran = await run(using({ reply: { remove: ['server'] } }), 'response', value);
    expect(ran._tag === 'Value' && { ...ran.value.reply.headers }).to.deep.equal({
      'content-type': 'application/json',
    });
  });

  it('has the hooks that it needs, and no other', () => {
    const hooksOf = (options: object) => Object.keys(headers.definition.make(options, {} as never));
    expect(hooksOf({ request: { set: { a: 'b' } } })).to.deep.equal(['attempt']);
    expect(hooksOf({ reply: { remove: ['a'] }, request: {} })).to.deep.equal(['response']);
  });

  it('does so on the wire', async () => {
    const proxy = await startProxy({ stages: [using({ reply: { set: { 'x-mark': 'here' }, remove: ['date'] } })] });
    const { headers: got } = await proxy.ask();
    expect(got.get('x-mark')).to.equal('here');
    await proxy.close();
  });

  it('refuses names and values that cannot be sent, and never shows a value', () => {
    expect(problem(headers, {})).to.equal('with: headers needs set or remove, of request or reply');
    expect(problem(headers, { request: {}, reply: {} })).to.include('headers needs set or remove');
    for (const name of ['host', 'Connection', 'content-length', 'transfer-encoding', 'a b', '', 'a:']) {
      expect(problem(headers, { request: { set: { [name]: 'x' } } }), name).to.match(
        /^with\.request\.set\.\S+: expected (the name of a|another) header field/,
      );
      expect(problem(headers, { reply: { remove: [name] } }), name).to.match(
        /^with\.reply\.remove\[0\]: expected (the name of a|another) header field/,
      );
    }
    for (const value of ['sekret\r\nx: y', 'sekret\u{1F600}', 5, null, ['sekret']]) {
      const told = problem(headers, { request: { set: { 'x-key': value } } });
      expect(told).to.include('with.request.set.x-key: expected text').and.not.include('sekret');
    }
    expect(problem(headers, { request: { set: 5, remove: [5] } }))
      .to.include('with.request.set')
      .and.include('with.request.remove[0]');
    const set = { 'X-A': 'sekret', b: 'sekret' };
    expect(
      problem(headers, { request: { set, remove: ['c', 'x-a', 'B'] }, reply: { set, remove: ['x-a'] } }).split('\n'),
    ).to.deep.equal([
      'with.request.remove[1]: x-a is both set and removed',
      'with.request.remove[2]: b is both set and removed',
      'with.reply.remove[0]: x-a is both set and removed',
    ]);
    expect(headers.fields).to.have.nested.property('request.codec').that.is.an('object');
  });

  it('refuses, of a reply, what it could not set, and what would make it unreadable', () => {
    for (const name of ['X-Request-Id', 'x-seaking-attempts', 'content-encoding']) {
      for (const reply of [{ set: { [name]: 'x' } }, { remove: [name] }]) {
        expect(problem(headers, { reply }), name).to.include('expected another header field; the proxy itself sets');
      }
      expect(problem(headers, { request: { set: { [name]: 'x' } } }), name).to.equal('');
    }
  });

  it('sets what a reply calls itself, where that is no chat, which is named by its form', async () => {
    const proxy = await startProxy({ stages: [using({ reply: { set: { 'content-type': 'application/x-list' } } })] });
    expect((await fetch(`${proxy.url}/models`)).headers.get('content-type')).to.equal('application/x-list');
    expect((await proxy.ask()).headers.get('content-type')).to.equal('application/json');
    await proxy.close();
  });

  it('sets credentials that no client sees, whatever the upstream says of them', async () => {
    const keys = ['key-of-the-stage-1', 'key-of-the-stage-2'] as const;
    const echoing = defineStage({
      name: 'echoing',
      make: () => ({
        reply: (e) => {
          const said = [value(e.outgoing.headers, 'authorization'), value(e.outgoing.headers, 'x-auth-token')];
          const body = bytes(Buffer.from(JSON.stringify({ error: { message: `Unknown: ${said.join(' and ')}.` } })));
          return { ...e, reply: { ...e.reply, status: 401, body } };
        },
      }),
    });
    const set = { authorization: `Bearer ${keys[0]}`, 'x-auth-token': keys[1] };
    const proxy = await startProxy({ stages: [using({ request: { set } }), { stage: echoing as never }] });
    const { body, status } = await proxy.ask({ headers: { authorization: 'Bearer of-the-client' } });
    expect(status).to.equal(401);
    expect(body).to.include('Unknown: ');
    for (const key of keys) expect(body).not.to.include(key);
    await proxy.close();
  });

  it('hides its values wherever a config is written', () => {
    const { request } = headers.fields;
    expect(request?.codec.encode({ set: { 'x-key': 'sekret' } })).to.deep.equal({ set: { 'x-key': '(set)' } });
  });
});
