/** A system that lets the proxy have few files open. */
import { expect } from 'chai';
import { CHAT_REPLY } from '../support/answers.js';
import type { Listening } from '../support/listen.js';
import { chat as chatRequest, repliesIn } from '../support/messages.js';
import { eventually, pause } from '../support/proxy.js';
import { rawClient } from '../support/raw.js';
import { chat, endAll, run, startCommand, upstream } from './support.js';

const openFiles = 64;

describe('with 64 open files', () => {
  if (process.platform === 'win32') return;
  let answering: Listening;
  before(async () => {
    answering = await upstream(async (request, response) => {
      await pause(50);
      request.resume().once('end', () => response.end(CHAT_REPLY));
    });
  });
  after(async () => {
    endAll();
    await answering.close();
  });

  it('the command line starts', async () => {
    expect(await run(['--version'], { openFiles })).to.include({ code: 0, err: '' });
  });

  // Elsewhere the system does not tell what its limit is.
  if (process.platform !== 'linux') return;
  it('the proxy answers each of 200 clients at once, if only to come again, and serves all behind them', async () => {
    const { child, base } = await startCommand(['--target', answering.url], { openFiles });
    const port = Number(new URL(base).port);
    const clients = await Promise.all(Array.from({ length: 200 }, () => rawClient(port)));
    for (const one of clients) one.send(chatRequest({ close: false }));
    const replies = await Promise.all(
      clients.map(async (one) => {
        const text = await one.until(/\r\n\r\n.*\}$/s);
        one.socket.destroy();
        return repliesIn(text)[0];
      }),
    );
    const count = (wanted: number) => replies.filter((reply) => reply?.status === wanted).length;
    expect(count(200)).to.be.above(5);
    expect(count(200) + count(503)).to.equal(200);
    for (const reply of replies) {
      if (reply?.status !== 503) continue;
      expect(reply.headers).to.include({ 'retry-after': '1', connection: 'close' });
      expect(JSON.parse(reply.body).error.message).to.include('open files');
    }
    // Those of the other clients are closed by then.
    await eventually(async () => (await chat(base)).status === 200);
    for (let at = 0; at < 5; at++) expect((await chat(base)).status).to.equal(200);
    child.signal('SIGTERM');
    expect(await child.ended).to.equal(0);
  });
});
