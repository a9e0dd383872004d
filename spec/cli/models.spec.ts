/** The list of models over real sockets, of a proxy that is put together as the command line does it. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type RequestListener } from 'node:http';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect } from 'chai';
import { main } from '../../lib/cli/main.js';
import { listen } from '../support/listen.js';
import { eventually } from '../support/proxy.js';
import { fakeProcessIo } from './support.js';

interface Upstream {
  readonly url: string;
  readonly seen: IncomingMessage[];
  readonly close: () => Promise<void>;
}

interface Proxy {
  readonly url: string;
  readonly close: () => Promise<void>;
}

const startUpstream = async (answer: RequestListener): Promise<Upstream> => {
  const seen: IncomingMessage[] = [];
  const server = createServer((request, response) => {
    seen.push(request);
    answer(request, response);
  });
  const listening = await listen(server);
  return { ...listening, url: `${listening.url}/v1`, seen };
};

const listOf = (...ids: readonly string[]): string =>
  JSON.stringify({ object: 'list', data: ids.map((id) => ({ id })) });

const idsOf = async (response: Response): Promise<readonly string[]> =>
  ((await response.json()) as { data: readonly { id: string }[] }).data.map(({ id }) => id);

describe('the list of models, over sockets,', () => {
  let folder: string;
  const takeDown: (() => Promise<unknown>)[] = [];
  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'models-'));
  });
  afterEach(async () => {
    for (const down of takeDown.splice(0).reverse()) await down();
    await rm(folder, { recursive: true, maxRetries: 5, retryDelay: 20 });
  });
  /** The names of the lists, once there are some: no client waits for the disk. */
  const written = async (): Promise<readonly string[]> => {
    let names: readonly string[] = [];
    await eventually(async () => {
      names = await readdir(join(folder, 'state')).catch(() => []);
      return names.length > 0 && !names.some((name) => name.endsWith('.tmp'));
    });
    return names;
  };
  const closing = <A extends { readonly close: () => Promise<void> }>(made: A): A => {
    takeDown.push(made.close);
    return made;
  };

  const upstream = async (answer: RequestListener) => closing(await startUpstream(answer));

  /** Each call is a new start of the proxy, with the same state folder. */
  const proxy = async (url: string, models: object = {}): Promise<Proxy> => {
    const config = join(folder, 'proxy.config.yaml');
    await writeFile(
      config,
      JSON.stringify({
        server: { port: 0 },
        target_proxy: { url },
        error_handling: { max_retries: 1, base_delay: 0.01 },
        models,
      }),
    );
    const processIo = fakeProcessIo({ STATE_DIRECTORY: join(folder, 'state') });
    const ended = main(['--config', config], { processIo });
    const base = /URL (http:\S+)\n/;
    await eventually(() => base.test(processIo.told()));
    return closing({
      url: base.exec(processIo.told())?.[1] ?? expect.fail(processIo.told()),
      close: async () => {
        // Only the first does anything.
        processIo.stop();
        await ended;
      },
    });
  };

  const ask = (at: Proxy, headers: Record<string, string> = {}): Promise<Response> =>
    fetch(`${at.url}/models`, { headers });

  it('is answered when the upstream has gone, and also after a restart', async () => {
    const from = await upstream((_, response) => response.end('[{"id":"a"},{"id":"b"}]'));
    const first = await proxy(from.url, { ttl: 0 });
    const good = await ask(first);
    expect(good.headers.get('x-seaking-models')).to.equal(null);
    expect(await idsOf(good), 'mended').to.deep.equal(['a', 'b']);

    await from.close();
    const gone = await ask(first);
    expect(gone.status).to.equal(200);
    expect(gone.headers.get('x-seaking-models')).to.equal('stale');
    expect(gone.headers.get('age')).to.match(/^[0-9]$/);
    expect(gone.headers.get('x-seaking-attempts')).to.equal('1');
    expect(await idsOf(gone)).to.deep.equal(['a', 'b']);

    await first.close();
    await written();
    const restarted = await ask(await proxy(from.url, { ttl: 0 }));
    expect(restarted.status).to.equal(200);
    expect(restarted.headers.get('x-seaking-models')).to.equal('stale');
    expect(await idsOf(restarted)).to.deep.equal(['a', 'b']);
  });

  it('is the new one as soon as the upstream gives one again', async () => {
    let content = listOf('old');
    const from = await upstream((_, response) => response.end(content));
    const at = await proxy(from.url, { ttl: 0 });
    await ask(at);
    content = '<html>Bad gateway</html>';
    expect(await idsOf(await ask(at))).to.deep.equal(['old']);
    content = listOf('new');
    const fresh = await ask(at);
    expect(fresh.headers.get('x-seaking-models')).to.equal(null);
    expect(await idsOf(fresh)).to.deep.equal(['new']);
  });

  it('is asked for once in its time to live, by each credential for itself', async () => {
    const from = await upstream(({ headers }, response) => response.end(listOf(`of ${headers.authorization}`)));
    const at = await proxy(from.url);
    for (const who of ['one', 'other', 'one', 'other']) {
      expect(await idsOf(await ask(at, { authorization: `Bearer ${who}` }))).to.deep.equal([`of Bearer ${who}`]);
    }
    expect(from.seen).to.have.length(2);
    const fresh = await ask(at, { authorization: 'Bearer one' });
    expect(fresh.headers.get('x-seaking-attempts')).to.equal('0');
    expect(fresh.headers.get('age')).to.match(/^[0-9]$/);
  });

  it('is kept without a key, a host or anything else of who asked', async () => {
    const from = await upstream((_, response) => response.end(listOf('a')));
    const at = await proxy(from.url);
    await ask(at, { authorization: 'Bearer very-secret', 'x-api-key': 'very-secret' });
    const state = join(folder, 'state');
    const names = await written();
    expect(names).to.have.length(1);
    expect(await readFile(join(state, names[0] as string), 'utf8')).to.equal(listOf('a'));
  });

  it('is not a list where the credential is refused', async () => {
    let status = 200;
    const from = await upstream((_, response) => response.writeHead(status).end(listOf('a')));
    const at = await proxy(from.url, { ttl: 0, fallback: ['f'] });
    await ask(at);
    for (status of [401, 403]) expect((await ask(at)).status).to.equal(status);
    expect(from.seen).to.have.length(3);
  });

  it("is the config's where there never was one, after all tries", async () => {
    const from = await upstream((_, response) => response.writeHead(500).end());
    const fallback = await ask(await proxy(from.url, { fallback: ['f', 'g'] }));
    expect(fallback.status).to.equal(200);
    expect(fallback.headers.get('x-seaking-models')).to.equal('fallback');
    expect(fallback.headers.get('x-seaking-attempts')).to.equal('2');
    expect(await idsOf(fallback)).to.deep.equal(['f', 'g']);
    expect(from.seen).to.have.length(2);
  });

  it('is an error where there is none at all', async () => {
    const from = await upstream((_, response) => response.writeHead(500).end());
    const none = await ask(await proxy(from.url));
    expect(none.status).to.equal(500);
    expect(await none.json()).to.have.nested.property('error.code', 'upstream_error');
  });

  it('stays for Anthropic clients too', async () => {
    const page = { data: [{ type: 'model', id: 'claude' }], has_more: false, first_id: 'claude', last_id: 'claude' };
    const from = await upstream((_, response) => response.end(JSON.stringify(page)));
    const at = await proxy(from.url, { ttl: 0 });
    const fields = { 'anthropic-version': '2023-06-01', 'x-api-key': 'k' };
    expect(await (await ask(at, fields)).json()).to.deep.include(page);
    await from.close();
    const stale = await ask(at, fields);
    expect(stale.headers.get('x-seaking-models')).to.equal('stale');
    expect(await stale.json()).to.deep.include(page);
  });

  it('comes whole, whatever of it the client has already', async () => {
    const from = await upstream(({ headers }, response) => {
      if (headers['if-none-match'] !== undefined || headers['if-modified-since'] !== undefined) {
        response.writeHead(304).end();
      } else if (headers.range !== undefined) response.writeHead(206).end(listOf('a').slice(0, 5));
      else response.end(listOf('a'));
    });
    const at = await proxy(from.url, { ttl: 0 });
    for (const fields of [
      { 'if-none-match': '"1"' },
      { 'if-modified-since': 'Thu, 01 Jan 2026 00:00:00 GMT' },
      { range: 'bytes=0-4', 'if-range': '"1"' },
    ]) {
      const whole = await ask(at, fields as Record<string, string>);
      expect(whole.headers.get('x-seaking-models')).to.equal(null);
      expect(await idsOf(whole)).to.deep.equal(['a']);
    }
  });

  it('is not looked at where only its head is asked for', async () => {
    const from = await upstream((_, response) => response.setHeader('x-upstream', 'yes').end());
    const at = await proxy(from.url);
    for (let n = 0; n < 2; n += 1) {
      const head = await fetch(`${at.url}/models`, { method: 'HEAD' });
      expect(head.status).to.equal(200);
      expect(head.headers.get('x-upstream')).to.equal('yes');
    }
    expect(from.seen.map(({ method }) => method)).to.deep.equal(['HEAD', 'HEAD']);
  });

  it('leaves no file of the demo, which is another target at each start', async () => {
    const at = await proxy('demo');
    expect(await idsOf(await ask(at))).to.include('seaking-demo');
    expect(await readdir(folder)).to.deep.equal(['proxy.config.yaml']);
  });
});
