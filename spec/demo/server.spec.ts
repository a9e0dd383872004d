import { setTimeout as sleep } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { expect } from 'chai';
import { goodText } from '../../lib/demo/answers/message.js';
import { speechBytes } from '../../lib/demo/answers/other.js';
import { type Demo, startDemo } from '../../lib/demo/server.js';
import { origin } from '../../lib/demo/wire.js';
import { converse, get, type Heard, open, post, requestAt } from './client.js';

const CLOSE = 'Connection: close\r\n';

const bodyOf = (text: string): string => text.slice(text.indexOf('\r\n\r\n') + 4);

const asked = (model: string, more: object = {}) => ({ model, messages: [{ role: 'user', content: 'Hi' }], ...more });

describe('demo', () => {
  let demo: Demo;
  beforeEach(async () => {
    demo = await startDemo({ chunkDelayMs: 0 });
  });
  afterEach(() => demo.close());

  const send = async (request: string) => {
    const { bytes } = await converse(demo.url, request);
    const text = bytes().toString('utf8');
    return { status: Number(text.slice(9, 12)), text, body: bodyOf(text) };
  };
  const posted = (path: string, body: unknown, fields = '') => send(post(path, body, `${fields}${CLOSE}`));
  const got = (path: string, fields = '') => send(get(path, `${fields}${CLOSE}`));
  const statusOf = async (model: string): Promise<number> =>
    (await posted('/v1/chat/completions', asked(model))).status;

  describe('answers', () => {
    it('chats of both dialects, with or without a version and with doubled slashes.', async () => {
      for (const path of ['/chat/completions', '/v1/chat/completions', '//v1//chat/completions?a']) {
        const { status, body } = await posted(path, asked('x'));
        expect(status, path).to.equal(200);
        expect(JSON.parse(body).choices[0].message.content, path).to.equal(goodText('Hi'));
      }
      for (const path of ['/messages', '/v1/messages', '//v1//messages']) {
        const { status, body } = await posted(path, asked('x'));
        expect(status, path).to.equal(200);
        expect(JSON.parse(body).content[0].text, path).to.equal(goodText('Hi'));
      }
    });

    it('the last user message, whatever form its content has.', async () => {
      const quoted = async (messages: unknown): Promise<string> => {
        const { body } = await posted('/v1/chat/completions', { model: 'x', messages });
        return JSON.parse(body).choices[0].message.content;
      };
      const said = (role: string, content?: unknown) => ({ role, content });
      const turns = [said('user', 'No'), said('user', 'Hi'), said('assistant', 'No')];
      expect(await quoted(turns)).to.equal(goodText('Hi'));
      const parts = [{ type: 'text', text: 'A ' }, { type: 'image_url', image_url: {} }, null, { text: 'cat' }];
      expect(await quoted([said('user', parts)])).to.equal(goodText('A cat'));
      for (const odd of [undefined, null, 'x', [], [null], [said('user')], [said('user', 7)]]) {
        expect(await quoted(odd), JSON.stringify(odd)).to.equal(goodText(''));
      }
    });

    it('from where an assistant message that stands last breaks off.', async () => {
      const [start, end] = [goodText('Hi').slice(0, 70), goodText('Hi').slice(70)];
      const said = (messages: unknown) => posted('/v1/chat/completions', { model: 'x', messages });
      const user = { role: 'user', content: 'Hi' };
      const assistant = { role: 'assistant', content: start };
      const { body } = await said([user, assistant]);
      expect(JSON.parse(body).choices[0].message.content).to.equal(end);
      const { body: nudged } = await said([user, assistant, { role: 'system', content: 'Go on' }]);
      expect(JSON.parse(nudged).choices[0].message.content).to.equal(goodText('Hi'));
    });

    it('a body that is no JSON as if it asked for nothing.', async () => {
      const { status, body } = await send(`POST /v1/messages HTTP/1.1\r\n${CLOSE}Content-Length: 2\r\n\r\n{]`);
      expect(status).to.equal(200);
      expect(JSON.parse(body).content[0].text).to.equal(goodText(''));
    });

    it('a stream with a role, many pieces, a finish, usage if that is asked for, and an end.', async () => {
      const streamed = (more: object) => posted('/v1/chat/completions', asked('x', { stream: true, ...more }));
      const { text } = await streamed({ stream_options: { include_usage: true } });
      expect(text).to.match(/"role":"assistant".*"content":"Y".*"finish_reason":"stop".*"choices":\[\],"usage":/s);
      expect(text).to.match(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
      expect(text.match(/"delta":\{"content":/g)).to.have.length.above(40);
      const { text: without } = await streamed({});
      expect(without).to.match(/data: \[DONE\]\n\n\r\n0\r\n\r\n$/);
      expect(without).to.not.include('"usage"');
    });

    it("a stream with each of Anthropic's events in its place.", async () => {
      const { text } = await posted('/v1/messages', asked('x', { stream: true }));
      const events = Array.from(text.matchAll(/^event: (\w+)$/gm), ([, name]) => name);
      const deltas = events.filter((name) => name === 'content_block_delta');
      expect(deltas).to.have.length.above(40);
      expect(events).to.deep.equal([
        'message_start',
        'content_block_start',
        'ping',
        ...deltas,
        'content_block_stop',
        'message_delta',
        'message_stop',
      ]);
    });

    it('a list of models that begins with one that answers well, as it comes and by its names.', async () => {
      const { data } = JSON.parse((await got('/v1/models')).body);
      const names: readonly string[] = data.map(({ id }: { readonly id: string }) => id);
      const [first = ''] = names;
      expect([...names].sort((a, b) => a.localeCompare(b))[0]).to.equal(first);
      for (let i = 0; i < 12; i += 1) expect(await statusOf(first)).to.equal(200);
    });

    it('a list of models, itself among them.', async () => {
      for (const path of ['/models', '/v1/models', '/v1//models?limit=5']) {
        const { status, body } = await got(path);
        expect(status, path).to.equal(200);
        const { object, data } = JSON.parse(body);
        expect(object, path).to.equal('list');
        expect(data[1], path).to.include({ id: 'seaking-demo', object: 'model', owned_by: 'seaking-demo' });
        expect(data[0].created, path).to.be.a('number');
        expect(
          data.map(({ id }: { id: string }) => id),
          path,
        ).to.include('demo:http-429');
      }
    });

    it('text completions, whole and as a stream.', async () => {
      const { body } = await posted('/v1/completions', { model: 'x', prompt: 'Once' });
      expect(JSON.parse(body).choices[0]).to.include({ text: goodText('Once'), finish_reason: 'stop' });
      const { text } = await posted('/completions', { model: 'x', prompt: 'Once', stream: true });
      expect(text).to.match(/"text_completion".*"text":"Y".*"finish_reason":"stop".*\[DONE\]\n\n\r\n0\r\n\r\n$/s);
    });

    it('embeddings, always the same for the same input.', async () => {
      const { body } = await posted('/v1/embeddings', { model: 'x', input: 'Once' });
      expect(JSON.parse(body).data[0].embedding).to.have.length(8);
      expect((await posted('/embeddings', { model: 'x', input: 'Once' })).body).to.equal(body);
      expect((await posted('/embeddings', { model: 'x', input: 'Twice' })).body).to.not.equal(body);
    });

    it('how many tokens a message has, with errors in the words of Anthropic.', async () => {
      const counted = (body: object) => posted('/v1/messages/count_tokens', body);
      const messages = [{ role: 'user', content: 'One two  three' }];
      expect(JSON.parse((await counted({ model: 'x', messages })).body)).to.deep.equal({ input_tokens: 3 });
      const { body } = await counted({ model: 'demo:http-400', messages });
      expect(JSON.parse(body)).to.include({ type: 'error' });
    });

    it('embeddings of many inputs at once, and as Google has them.', async () => {
      const answered = async (path: string, body: object) => JSON.parse((await posted(path, body)).body);
      const { data } = await answered('/v1/embeddings', { model: 'x', input: ['Once', 'Twice'] });
      const vectors = data.map(({ embedding }: { embedding: unknown }) => embedding);
      expect(data.map(({ index }: { index: number }) => index)).to.deep.equal([0, 1]);
      expect(vectors[0]).to.have.length(8).and.not.deep.equal(vectors[1]);
      const requests = ['Once', 'Twice'].map((text) => ({ content: { parts: [{ text }] } }));
      const { embeddings } = await answered('/v1beta/models/x:batchEmbedContents', { requests });
      expect(embeddings).to.deep.equal(vectors.map((values: unknown) => ({ values })));
      const instances = ['Once', 'Twice'].map((content) => ({ content }));
      const { predictions } = await answered('/v1/publishers/google/models/x:predict', { instances });
      expect(predictions).to.deep.equal(vectors.map((values: unknown) => ({ embeddings: { values } })));
    });

    describe('as Google does', () => {
      const STUDIO = '/v1beta/models';
      const VERTEX = '/v1/publishers/google/models';
      const contents = [
        { role: 'user', parts: [{ text: 'No' }] },
        { role: 'model', parts: [{ text: 'No' }] },
        { role: 'user', parts: [{ text: 'A ' }, { text: 'cat' }] },
      ];

      it('whole, in one part and with its finish.', async () => {
        for (const models of [STUDIO, VERTEX, '/v1/projects/p/locations/l/publishers/google/models']) {
          const { status, body } = await posted(`${models}/gem-1:generateContent?key=k`, { contents });
          expect(status, models).to.equal(200);
          const { candidates, modelVersion } = JSON.parse(body);
          const content = { role: 'model', parts: [{ text: goodText('A cat') }] };
          expect(candidates, models).to.deep.equal([{ content, finishReason: 'STOP', index: 0 }]);
          expect(modelVersion).to.equal('gem-1');
        }
      });

      it('as a stream, which only its finish ends.', async () => {
        const { text } = await posted(`${STUDIO}/x:streamGenerateContent?key=k&alt=sse`, { contents });
        const events = Array.from(text.matchAll(/^data: (.*)$/gm), ([, event]) => JSON.parse(event as string));
        const parts = events.map(({ candidates }) => candidates[0].content.parts[0].text);
        expect(parts).to.have.length.above(40);
        expect(parts.join('')).to.equal(goodText('A cat'));
        expect(events.map(({ candidates }) => candidates[0].finishReason).filter(Boolean)).to.deep.equal(['STOP']);
        expect(events.at(-1).candidates[0].finishReason).to.equal('STOP');
      });

      it('from where its own turn, standing last, breaks off.', async () => {
        const said = [...contents, { role: 'model', parts: [{ text: goodText('A cat').slice(0, 70) }] }];
        const { body } = await posted(`${STUDIO}/x:generateContent`, { contents: said });
        expect(JSON.parse(body).candidates[0].content.parts[0].text).to.equal(goodText('A cat').slice(70));
      });

      it('with reasoning, with nothing, and by finishes of its own.', async () => {
        const candidate = async (name: string) =>
          JSON.parse((await posted(`${STUDIO}/demo:${name}:generateContent`, { contents })).body).candidates[0];
        const { content } = await candidate('good-reasoning');
        expect(content.parts[0]).to.include({ thought: true });
        expect(content.parts[1]).to.deep.equal({ text: goodText('A cat') });
        expect((await candidate('content-null')).content.parts).to.deep.equal([]);
        const { text } = await posted(`${STUDIO}/demo:content-null:streamGenerateContent`, { contents });
        expect(text.match(/^data: /gm)).to.have.length(1);
        expect((await candidate('good-length')).finishReason).to.equal('MAX_TOKENS');
        expect((await candidate('filtered-prohibited')).finishReason).to.equal('PROHIBITED_CONTENT');
      });

      it('by the faults that the model in the path names, with the words of its errors.', async () => {
        const path = `${VERTEX}/demo:http-429+http-521:1:g:generateContent`;
        const first = await posted(path, {});
        expect(first.status).to.equal(429);
        const limited = { code: 429, message: 'Rate limit reached for requests.', status: 'RESOURCE_EXHAUSTED' };
        expect(JSON.parse(first.body)).to.deep.equal({ error: limited });
        expect(JSON.parse((await posted(path, {})).body).error).to.include({ code: 521, status: 'UNKNOWN' });
        expect((await posted(path, {})).status).to.equal(200);
        expect(demo.attempts('g').map(({ played }) => played)).to.deep.equal(['http-429', 'http-521', 'good-plain']);
      });

      it('by an error in the middle of a stream.', async () => {
        const { text } = await posted(`${STUDIO}/demo:broken-error:streamGenerateContent?alt=sse`, { contents });
        expect(text).to.include('data: {"error":{"code":503,"message":"Overloaded","status":"UNAVAILABLE"}}\n\n');
      });

      it('with a list of models, itself among them.', async () => {
        const { models } = JSON.parse((await got(`${STUDIO}?key=k&pageSize=1000`)).body);
        expect(models[1].name).to.equal('models/seaking-demo');
        expect(models[0].supportedGenerationMethods).to.include('generateContent');
      });
    });

    it('speech, which is binary and always the same.', async () => {
      const heard = await converse(demo.url, post('/v1/audio/speech', { input: 'x' }, CLOSE));
      expect(heard.bytes().subarray(-speechBytes.length).equals(speechBytes)).to.equal(true);
      expect(new Set(speechBytes).size).to.equal(256);
    });

    it('whatever else is got or deleted with what it was asked.', async () => {
      const { body } = await got('/echo?a=b', 'X-Two: 1\r\nX-Two: 2\r\n');
      const told = JSON.parse(body);
      expect(told).to.include({ method: 'GET', path: '/echo?a=b' });
      expect(told.headers).to.include({ host: 'demo', 'x-two': '1, 2' });
      expect(told.rawHeaders.slice(0, 4)).to.deep.equal(['Host', 'demo', 'X-Two', '1']);
      for (const method of ['DELETE', 'OPTIONS']) {
        const echoed = await send(`${method} /v1/echo HTTP/1.1\r\n${CLOSE}\r\n`);
        expect(JSON.parse(echoed.body)).to.include({ method, path: '/v1/echo' });
      }
    });

    it('HEAD with a head.', async () => {
      const { status, body } = await send(`HEAD /x HTTP/1.1\r\n${CLOSE}\r\n`);
      expect([status, body]).to.deep.equal([200, '']);
    });

    it('a body that is sent to /echo with that body, byte for byte.', async () => {
      for (const method of ['POST', 'PUT', 'PATCH']) {
        const { text, body } = await send(
          `${method} /echo HTTP/1.1\r\n${CLOSE}Content-Type: x/y\r\nContent-Length: 3\r\n\r\na\0b`,
        );
        expect(text, method).to.match(/\r\ncontent-type: x\/y\r\n/);
        expect(body, method).to.equal('a\0b');
      }
      const { text } = await send(`POST /echo HTTP/1.1\r\n${CLOSE}Content-Length: 1\r\n\r\nx`);
      expect(text).to.match(/content-type: application\/octet-stream/);
    });

    it('404 in the usual form to all other posts, and to a name that it does not know.', async () => {
      const unknown = await posted('/v2/unknown', {});
      expect([unknown.status, JSON.parse(unknown.body).error.code]).to.deep.equal([404, 'not_found']);
      const misspelt = await posted('/v1/chat/completions', asked('demo:http-42:1:x'));
      expect([misspelt.status, JSON.parse(misspelt.body).error.code]).to.deep.equal([404, 'model_not_found']);
      expect(JSON.parse(misspelt.body).error.message).to.include('http-42');
    });

    it('several requests on one connection, in order, and keeps it until it is asked to close.', async () => {
      const last = get('/three', 'Connection: Keep-Alive, Close\r\n');
      const stream = requestAt['chat-stream']('x', 'Hi');
      const heard = await converse(demo.url, stream + get('/one') + get('/two') + last);
      const paths = Array.from(heard.text().matchAll(/"path":"(\/\w+)"/g), ([, path]) => path);
      expect(paths).to.deep.equal(['/one', '/two', '/three']);
      expect(demo.stats()).to.include({ connections: 1, attempts: 4 });
    });

    it('what is no request with 400, and closes.', async () => {
      const { status, text } = await send('EHLO demo\r\n\r\n');
      expect(status).to.equal(400);
      expect(text).to.match(/connection: close/);
      expect(demo.attempts()).to.deep.equal([]);
    });

    it('with a pause between the pieces of a stream, of the length it was started with.', async () => {
      const slow = await startDemo({ chunkDelayMs: 5 });
      const since = performance.now();
      const { text } = await converse(slow.url, post('/v1/messages', asked('x', { stream: true }), CLOSE));
      const pieces = [...text().matchAll(/event: content_block_delta/g)].length;
      expect(performance.now() - since).to.be.above(pieces * 4);
      await slow.close();
    });

    it('with a pause of some milliseconds where nothing else was said.', async () => {
      const withDefault = await startDemo();
      const since = performance.now();
      const { text } = await converse(withDefault.url, post('/v1/messages', asked('x', { stream: true }), CLOSE));
      const pieces = [...text().matchAll(/event: content_block_delta/g)].length;
      expect(performance.now() - since).to.be.above(pieces);
      await withDefault.close();
    });
  });

  describe('fails', () => {
    it('so many times, and is well then.', async () => {
      const model = 'demo:http-429+http-503:1:a7';
      expect([await statusOf(model), await statusOf(model), await statusOf(model)]).to.deep.equal([429, 503, 200]);
    });

    it('by ids that do not know of one another, also at the same time.', async () => {
      const ids = Array.from({ length: 20 }, (_, i) => `id${i}`);
      const summary = async (id: string): Promise<readonly number[]> => {
        const statuses: number[] = [];
        for (let i = 0; i < 4; i++) statuses.push(await statusOf(`demo:http-429+http-502:1:${id}`));
        return statuses;
      };
      for (const statuses of await Promise.all(ids.map(summary))) {
        expect(statuses).to.deep.equal([429, 502, 200, 200]);
      }
      for (const id of ids) {
        const played = demo.attempts(id).map((attempt) => attempt.played);
        expect(played, id).to.deep.equal(['http-429', 'http-502', 'good-plain', 'good-plain']);
      }
    });

    it('by a header field or a query, on any route, and these win over the model.', async () => {
      const field = 'x-demo-fault: http-500:1:h\r\n';
      expect((await got('/v1/models', field)).status).to.equal(500);
      expect((await got('/v1/models', field)).status).to.equal(200);
      expect((await got('/other?demo_fault=http-500+http-503:1:q')).status).to.equal(500);
      expect((await got('/other?demo_fault=demo:http-500+http-503:1:q')).status).to.equal(503);
      expect((await posted('/v1/embeddings', asked('demo:http-400'), field)).status).to.equal(200);
      expect((await posted('/v1/embeddings', asked('demo:http-400'))).status).to.equal(400);
    });

    it('and remembers by the id of a header field, whatever else is asked for.', async () => {
      await posted('/v1/messages', asked('demo:http-500:1:m'), 'x-demo-id: mine\r\nx-demo-fault: http-503:1:f\r\n');
      await posted('/v1/messages', asked('demo:http-500:1:m'), 'x-demo-id: mine\r\n');
      await got('/other', 'x-demo-id: mine\r\n');
      expect(demo.attempts('mine').map(({ played }) => played)).to.deep.equal(['http-503', 'http-500', 'good-plain']);
    });

    it('by a redirect, and sees who follows it.', async () => {
      const { text } = await posted('/v1/messages', asked('demo:http-307'));
      await got(String(/location: http:\/\/demo(\S+)/.exec(text)?.[1]));
      expect(demo.attempts('/canary')).to.have.length(1);
    });

    it('with the key that was sent, where it repeats that.', async () => {
      const repeated = async (fields: string) =>
        (await posted('/v1/messages', asked('demo:http-401-echo'), fields)).body;
      expect(await repeated('Authorization: Bearer canary-1\r\n')).to.include('key Bearer canary-1 at http://demo/v1/');
      expect(await repeated('X-Api-Key: canary-2\r\n')).to.include('key canary-2 at');
    });

    it('of itself now and then as the default model, but answers the third time at the latest.', async () => {
      const attemptsUntilGood = async (i: number): Promise<number> => {
        for (let attempt = 1; attempt < 10; attempt++) {
          const { text } = await posted('/v1/messages', asked('seaking-demo', { i }));
          if (/^HTTP\/1.1 200 .*"end_turn"/s.test(text)) return attempt;
        }
        return Number.POSITIVE_INFINITY;
      };
      const attempts = await Promise.all(Array.from({ length: 30 }, (_, i) => attemptsUntilGood(i)));
      expect(Math.max(...attempts)).to.be.within(2, 3);
    });
  });

  describe('remembers', () => {
    it('each attempt: when it came, what was sent, and what it was answered with.', async () => {
      const since = performance.now();
      await posted('/v1/chat/completions?q=1', asked('demo:http-429:1:a7'), 'X-Odd: Yes\r\n');
      const [attempt, ...others] = demo.attempts('a7');
      expect(others).to.deep.equal([]);
      expect(attempt).to.include({ method: 'POST', path: '/v1/chat/completions?q=1', played: 'http-429' });
      expect(attempt?.connection).to.equal(1);
      expect(attempt?.at).to.be.within(since, performance.now());
      expect(attempt?.headers['x-odd']).to.equal('Yes');
      expect(attempt?.rawHeaders).to.include('X-Odd');
      expect(JSON.parse(String(attempt?.body))).to.deep.equal(asked('demo:http-429:1:a7'));
    });

    it('attempts without an id by their model, or by their path.', async () => {
      await posted('/v1/messages', asked('gpt-x'));
      await got('/v1/models?limit=1');
      expect(demo.attempts('gpt-x')).to.have.length(1);
      expect(demo.attempts('/models')).to.have.length(1);
      expect(demo.attempts()).to.have.length(2);
    });

    it('who closed a connection, how, and when.', async () => {
      const closing = async (id: string, close: (heard: Heard) => void) => {
        const heard = open(demo.url);
        heard.write(requestAt.chat(`demo:hang-after-headers:${id}`, 'Hi'));
        await heard.until(/\r\n\r\n/);
        expect(demo.attempts(id)[0]?.closed, id).to.equal(null);
        const since = performance.now();
        close(heard);
        await heard.closed;
        await sleep(30);
        expect(demo.attempts(id)[0]?.closed?.at, id).to.be.within(since, since + 1000);
        return demo.attempts(id)[0]?.closed?.how;
      };
      expect(await closing('fin', ({ socket }) => socket.destroy())).to.equal('client-fin');
      expect(await closing('rst', ({ socket }) => socket.resetAndDestroy())).to.equal('client-reset');
      expect(await closing('close', () => void demo.close())).to.equal('demo-fin');
    });

    it('that it closed itself, where it did.', async () => {
      const how = async (fault: string) => {
        const heard = open(demo.url);
        heard.write(requestAt.chat(`demo:${fault}`, 'Hi'));
        await heard.closed;
        await sleep(30);
        return demo.attempts(`demo:${fault}`)[0]?.closed?.how;
      };
      expect(await how('fin-before-headers')).to.equal('demo-fin');
      expect(await how('reset-before-headers')).to.equal('demo-reset');
    });

    it('nothing of a request that was still waiting when its client left.', async () => {
      const heard = open(demo.url);
      heard.write(requestAt.chat('demo:hang-before-headers', 'Hi') + get('/never'));
      await sleep(30);
      heard.socket.destroy();
      await sleep(30);
      expect(demo.attempts('/never')).to.deep.equal([]);
      expect(demo.stats()).to.deep.equal({ connections: 1, open: 0, attempts: 1 });
    });

    it('all that for other processes, and does not count their asking.', async () => {
      await posted('/v1/messages', asked('demo:http-503:1:a b&c'));
      await got('/other');
      const { status, body } = await got(`/demo/attempts?id=${encodeURIComponent('a b&c')}`);
      expect(status).to.equal(200);
      const { timeOrigin, attempts } = JSON.parse(body);
      expect(timeOrigin).to.equal(performance.timeOrigin);
      expect(attempts).to.have.length(1);
      expect(attempts[0]).to.include({ id: 'a b&c', played: 'http-503', path: '/v1/messages' });
      expect(JSON.parse(attempts[0].body).model).to.equal('demo:http-503:1:a b&c');
      expect(attempts[0].closed.how).to.equal('demo-fin');
      expect(JSON.parse((await got('/demo/attempts')).body).attempts).to.have.length(2);
      expect(demo.attempts()).to.have.length(2);
    });
  });

  describe('gives an account of itself', () => {
    it('all that can be asked for, and what it is to be taken for.', async () => {
      const { faults, goodReplies } = JSON.parse((await got('/demo/catalogue')).body);
      const named = (name: string) => faults.find((fault: { name: string }) => fault.name === name);
      expect(named('retry-after-1')).to.deep.include({ kind: 'reply', reason: 'rate_limited', hintMs: 1000 });
      expect(named('retry-after-1').places).to.include('messages-stream');
      expect(named('port-closed')).to.include({ kind: 'listener', reason: 'unreachable' });
      expect(goodReplies.map((reply: { name: string }) => reply.name)).to.include('good-plain');
      expect(demo.stats().attempts).to.equal(0);
    });

    it('the text that a client is to have in the end.', async () => {
      const expected = async (query: string) => (await got(`/demo/expected${query}`)).body;

      expect(await expected('?name=good-crlf&prompt=A+%22cat%22')).to.equal(goodText('A "cat"'));
      expect(await expected('?name=good-plain')).to.equal(goodText(''));
      expect(await expected('?name=good-tool-call&prompt=Hi')).to.equal('');
      for (const query of ['', '?name=http-429', '?name=constructor']) {
        expect((await got(`/demo/expected${query}`)).status, query).to.equal(404);
      }
    });
  });

  describe('listens', () => {
    it('until it is closed, which cuts what is open.', async () => {
      const heard = open(demo.url);
      heard.write(requestAt.chat('demo:hang-before-headers', 'Hi'));
      await sleep(30);
      expect(demo.stats().open).to.equal(1);
      await demo.close();
      expect(await heard.closed).to.equal('fin');
      expect(await open(demo.url).closed).to.equal('reset');
    });

    it('at the port that it is given, or says why it cannot.', async () => {
      const port = Number(new URL(demo.url).port);
      const error = await startDemo({ port }).catch((why: NodeJS.ErrnoException) => why.code);
      expect(error).to.equal('EADDRINUSE');
      await demo.close();
      const again = await startDemo({ port, host: '127.0.0.1' });
      expect(again.url).to.equal(demo.url);
      await again.close();
    });

    it('at a URL in which an IPv6 address has its brackets.', () => {
      expect(origin('http', '::1', 80)).to.equal('http://[::1]:80');
      expect(origin('https', '127.0.0.1', 81)).to.equal('https://127.0.0.1:81');
    });
  });

  describe('shows without a request', () => {
    interface Trust {
      readonly ca?: string;
      readonly rejectUnauthorized?: boolean;
    }
    /** The code with which a TLS client leaves, or what it heard. */
    const secured = (url: string, trust: Trust, request: string) =>
      new Promise<string>((resolve) => {
        const { hostname, port } = new URL(url);
        const socket = connectTls({ host: hostname, port: Number(port), servername: 'localhost', ...trust });
        let text = '';
        socket.on('secureConnect', () => socket.write(request));
        socket.on('data', (bytes) => {
          text += bytes;
        });
        socket.on('error', (error: NodeJS.ErrnoException) => resolve(String(error.code)));
        socket.on('close', () => resolve(text));
      });

    it('a closed port and an unknown host.', async () => {
      expect(await open(await demo.show('port-closed')).closed).to.equal('reset');
      expect(new URL(await demo.show('host-unknown')).hostname).to.match(/\.invalid$/);
    });

    it('a port that speaks no TLS.', async () => {
      expect(await secured(await demo.show('tls-plain'), {}, '')).to.match(/^(EPROTO|ERR_SSL_.*)$/);
    });

    it('certificates that are self-signed, expired, or for another host, and then sees no request.', async () => {
      const ca = demo.certificateAuthority;
      const stranger = await demo.show('tls-self-signed');
      const expired = await demo.show('tls-expired');
      const misnamed = await demo.show('tls-wrong-name');
      expect(await secured(stranger, {}, get('/secret'))).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
      expect(await secured(stranger, { ca }, get('/secret'))).to.equal('DEPTH_ZERO_SELF_SIGNED_CERT');
      expect(await secured(expired, { ca }, get('/secret'))).to.equal('CERT_HAS_EXPIRED');
      expect(await secured(misnamed, { ca }, get('/secret'))).to.equal('ERR_TLS_CERT_ALTNAME_INVALID');
      expect(demo.attempts()).to.deep.equal([]);
    });

    it('the demo itself behind each certificate, to a client that does not look.', async () => {
      const careless = { rejectUnauthorized: false };
      for (const name of ['tls-self-signed', 'tls-expired', 'tls-wrong-name'] as const) {
        const url = await demo.show(name);
        expect(await secured(url, careless, get('/x', CLOSE)), name).to.match(/^HTTP\/1.1 200 .*"path":"\/x"/s);
        const cut = get('/x', 'x-demo-fault: reset-before-headers\r\n');
        expect(await secured(url, careless, cut), name).to.not.match(/HTTP/);
      }
    });
  });
});
