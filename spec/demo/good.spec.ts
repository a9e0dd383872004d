import { once } from 'node:events';
import { Agent, type IncomingMessage, request } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync, inflateRawSync, inflateSync } from 'node:zlib';
import { expect } from 'chai';
import { createParser } from 'eventsource-parser';
import { goodText } from '../../lib/demo/answers/message.js';
import { type GoodName, goodReplies } from '../../lib/demo/catalogue.js';
import type { Place } from '../../lib/demo/faults/fault.js';
import { type Demo, startDemo } from '../../lib/demo/server.js';
import { get, open, requestAt } from './client.js';

const PROMPT = 'Is anybody there? \u{1F30A}';

type Loose = { readonly [key: string]: Loose } & readonly Loose[] & string;

const DECODERS: Readonly<Record<string, (bytes: Buffer) => Buffer>> = {
  gzip: gunzipSync,
  deflate: (bytes) => ((bytes.readUInt8(0) & 0x0f) === 8 ? inflateSync(bytes) : inflateRawSync(bytes)),
  br: brotliDecompressSync,
  'gzip, identity': gunzipSync,
  'gzip, br': (bytes) => gunzipSync(brotliDecompressSync(bytes)),
};

const bare = (value: Loose | undefined): Loose | undefined => (typeof value === 'string' ? value : undefined);

/** The text of a whole reply or of an event, wherever an API, or what is nearly one, may put it. */
const textOf = (value: Loose | null): string => {
  if (Array.isArray(value?.content)) return value.content.map((block: Loose) => block.text ?? '').join('');
  const choices = Array.isArray(value?.choices) ? value.choices : [value?.choices];
  const choice: Loose | undefined = choices.find((one: Loose | undefined) => Number(one?.index) === 0);
  const said = choice?.delta?.content ?? choice?.message?.content ?? choice?.text ?? value?.delta?.text;
  return String(
    said ?? bare(choice?.delta) ?? bare(choice?.message) ?? bare(value?.delta) ?? bare(value?.content) ?? '',
  );
};

const parsed = (text: string): Loose | null => {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
};

/** All that comes until it ends in whatever way, or for half a second. */
const allOf = async (reply: IncomingMessage): Promise<Buffer> => {
  const chunks: Buffer[] = [];
  const timer = setTimeout(() => reply.destroy(), 500);
  reply.on('data', (piece) => chunks.push(piece));
  reply.on('error', () => {});
  await new Promise((resolve) => reply.once('close', resolve));
  clearTimeout(timer);
  return Buffer.concat(chunks);
};

/** What reference readers make of a reply: Node's for HTTP, its own for codings, eventsource-parser for events. */
const textIn = async (reply: IncomingMessage, isUnended: boolean): Promise<string> => {
  const body = await (isUnended ? allOf(reply) : reply.toArray().then((chunks) => Buffer.concat(chunks)));
  const decode = DECODERS[reply.headers['content-encoding'] ?? ''];
  const text = (decode?.(body) ?? body).toString('utf8');
  if (reply.headers['content-type']?.startsWith('application/json')) return textOf(parsed(text));
  const data: string[] = [];
  const parser = createParser({ onEvent: (event) => data.push(event.data) });
  parser.feed(text);
  parser.reset({ consume: true });
  return data.map((event) => textOf(parsed(event))).join('');
};

/** What is framed as no standard has it: its text line by line, where a line holds JSON. */
const textInLines = async (reply: IncomingMessage): Promise<string> => {
  const text = Buffer.concat(await reply.toArray()).toString('utf8');
  const lines = text.split(/[\r\n]+/).map((line) => line.replace(/^data: /, ''));
  return lines.map((line) => textOf(parsed(line))).join('');
};

const ask = async (url: string, place: Place, model: string): Promise<IncomingMessage> => {
  const [head = '', body] = requestAt[place](model, PROMPT).split('\r\n\r\n');
  const [start = '', ...fields] = head.split('\r\n');
  const [method, path] = start.split(' ');
  const headers = Object.fromEntries(fields.map((field) => field.split(': ')));
  const req = request(`${url}${path}`, { method: String(method), headers, agent: new Agent(), maxHeaderSize: 65536 });
  // What Node's client makes of bytes after the end is not the reply's matter.
  req.on('error', () => {});
  req.end(body);
  const [reply] = await once(req, 'response');
  return reply;
};

type Enough = RegExp | ((text: string) => boolean);

const times =
  (count: number, what: RegExp) =>
  (text: string): boolean =>
    [...text.matchAll(what)].length >= count;

/** What makes each unusual, on the wire; of a whole reply or of a stream. */
const shown: { readonly [N in GoodName]: Enough } = {
  'good-base-resp': /"base_resp":\{"status_code":0,/,
  'good-plain': /"(stop|end_turn)"/,
  'good-echo': /"(stop|end_turn)"/,
  'good-slow': /"(stop|end_turn)"/,
  'good-dribble': /"(stop|end_turn)"/,
  'good-bytes': /\r\n\r\n(1\r\n.\r\n){400,}0\r\n\r\n/s,
  'good-huge': /wave wave/,
  'good-tool-call': /("arguments":""|"input":\{\})/,
  'good-refusal': /"refusal":"I cannot/,
  'good-audio': /"content":null,"audio":\{/,
  'good-image': /"content":"","images":\[/,
  'good-text-field': /"choices":\[\{"index":0,"text":"/,
  'good-two-choices': /"index":1,.*"index":0,/s,
  'good-logprobs': /"logprobs":\{"content":/,
  'good-usage': /"choices":\[\],"usage":\{/,
  'good-length': /"(length|max_tokens)"/,
  'good-reasoning': (text) =>
    text.includes('I think about it.') || times(400, /"(reasoning_content|thinking)":"/g)(text),
  'good-reasoning-field': /"reasoning":"/,
  'good-reasoning-length': /"(reasoning_content|thinking)":".*"(length|max_tokens)"/s,
  'good-json-for-stream': /content-type: application\/json/,
  'good-stream-for-json': /content-type: text\/event-stream/,
  'good-neutral': times(500, /"role":"assistant"|event: ping/g),
  'good-empty-deltas': (text) => text.includes('"You said') || times(500, /"(content|text)":""/g)(text),
  'good-comments': times(500, /: working\n\n/g),
  'good-crlf': /\}\r\n\r\n\r\n/,
  'good-cr': /\}\r\r\r\n/,
  'good-no-space': /\ndata:\{/,
  'good-data-lines': /,\ndata: "/,
  'good-big-integers': /"seed":12345678901234567890,"error":null,/,
  'good-bom': /\r\n\r\n3\r\n\u00ef\u00bb\u00bf\r\n/,
  'good-odd-events': /"Y".*\ndata:\n\n.*\ndata: null\n\n.*\ndata: \{"id":\n\n/s,
  'good-no-last-blank-line': /(\[DONE\]|"message_stop"\})\r\n0\r\n\r\n/,
  'good-done-without-finish': /^(?!.*"finish_reason":").*\[DONE\]/s,
  'good-finish-without-done': /^(?!.*DONE\]\n).*"finish_reason":"stop"/s,
  'good-gzip': /content-encoding: gzip\r\n\r\n64\r\n/,
  'good-deflate': /content-encoding: deflate\r\n\r\n64\r\n/,
  'good-br': /content-encoding: br\r\n\r\n64\r\n/,
  'good-until-close': /^(?!.*(content-length|transfer-encoding):).*"(stop|end_turn)"/s,
  'good-leading-blanks': /\r\n\r\n\n\n {2}\n\{/,
  'good-informational':
    /^(HTTP\/1.1 102 Processing\r\n\r\n){50}HTTP\/1.1 103 Early Hints\r\nlink: .*\r\n\r\nHTTP\/1.1 200 /,
  'good-extra-bytes': /\}surplus/,
  'good-second-reply': /^HTTP\/1.1 200 .*\}HTTP\/1.1 400 /s,
  'good-reset-kept': /"(stop|end_turn)"/,
  'good-stop-fin': /"(finish|stop)_reason":"(?!.*(DONE\]\n|"message_stop"\})).*\}\n\n\r\n$/s,
  'good-stop-reset': /"(finish|stop)_reason":"(?!.*(DONE\]\n|"message_stop"\})).*\}\n\n\r\n$/s,
  'good-stop-end': /"(finish|stop)_reason":"(?!.*(DONE\]\n|"message_stop"\})).*\}\n\n\r\n0\r\n\r\n$/s,
  'good-stop-cut': /data: \{"usage":\{"tot\r\n$/,
  'good-stop-silence': /"(finish|stop)_reason":"(?!.*(DONE\]\n|"message_stop"\})).*\}\n\n\r\n$/s,
  'good-stop-comments': times(3, /: still here\n\n/g),
  'good-stop-no-blank-line': /"(finish|stop)_reason":"(?!.*(DONE\]\n|"message_stop"\})).*\}\r\n$/s,
  'good-stop-for-json': /data: \{"us\r\n$/,
  'good-silence-for-json': /text\/event-stream.*"(finish|stop)_reason":".*\}\n\n\r\n$/s,
  'good-json-fin': /application\/json.*\}\r\n$/s,
  'good-json-reset': /application\/json.*\}\r\n$/s,
  'good-json-silence': /application\/json.*\}\r\n$/s,
  'good-json-chunk-size': /\}\r\nzz\r\n$/,
  'good-json-long-length': /content-length: .*\}$/s,
  'good-json-fin-for-stream': /application\/json.*\}\r\n$/s,
  'good-models-fin': /"data":\[\{"id":.*\}\r\n$/s,
  'good-coding-none': /content-encoding: none\r\n/,
  'good-coding-utf-8': /content-encoding: utf-8\r\n/,
  'good-coding-identity': /content-encoding: gzip, identity\r\n/,
  'good-coding-stacked': /content-encoding: gzip, br\r\n/,
  'good-deflate-raw': /content-encoding: deflate\r\n\r\n(?!x)/,
  'good-long-head': /x-long: a{40000,}/,
  'good-models-array': /\r\n\r\n\[\{"id":"seaking-demo"/,
  'good-one-newline': /"\}?\]?[^\r]*\}\n\r\n/,
  'good-one-newline-mixed': /\}\n\r\n[0-9a-f]+\r\n[^\r]*\}\n\n\r\n/,
  'good-keepalive-data': /data: : keepalive\n\n.*data: ping\n\n.*\n\[DONE\]\n\n.*"(text|content)":"Y".*data: ping\n\n/s,
  'good-bare-done': /\r\n\[DONE\]\n\r\n/,
  'good-json-own-tail': /application\/json.*\}\nevent: message_stop\ndata: \{"type":"message_stop"\}\n\n$/s,
  'good-json-sse-tail': /application\/json.*\}\ndata: \[DONE\]\n\n$/s,
  'good-json-as-stream': /text\/event-stream.*\r\n\r\n\{.*\}$/s,
  'good-json-after-pings': /: working\n\n\r\n[0-9a-f]+\r\n\{.*\}\n\n\r\n/s,
  'good-stream-called-json': /content-type: application\/json.*"(stop|end_turn)"/s,
  'good-stream-called-text': /content-type: text\/plain.*"(stop|end_turn)"/s,
  'good-stream-untyped': /^HTTP\/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n.*"(stop|end_turn)"/s,
  'good-blank-lines': /\r\n100000\r\n\n{1048576}\r\n/,
  'good-blanks-first': /\r\n100000\r\n {1048576}\r\n/,
  'good-models-bare': /\r\n\r\n\{"data":\[/,
  'good-number': /"(content|text)":42/,
  'good-numbers': /"(content|text)":7\}.*"(content|text)":42\}.*"(content|text)":true\}/s,
  'good-message-not-delta': /"message":\{"role":"assistant","content":"Y.*"delta":\{\}/s,
  'good-delta-not-message': /"message":\{"role":"assistant","content":""\},"delta":\{"content":"Y/,
  'good-message-repeats': /"delta":\{"content":""\},"message":\{"role":"assistant","content":"You said.*"stop"/s,
  'good-odd-types': /"finish_reason":\{\},"delta":\[\],"message":\[\],"text":"Y/,
  'good-text-beside-delta': /"delta":\[\],"text":"/,
  'good-one-choice': /"choices":\{"index":0,/,
  'good-bare-text': /"(delta|message|content)":"Y/,
  'good-hollow-call': /"content":"Y[^}]*"function_call":\{"name":"","arguments":""\}/,
  'good-unknown-reason': /"(finish|stop)_reason":"eos_token"/,
  'good-null-reason': /"finish_reason":"null"/,
  'good-finish-everywhere': times(20, /"finish_reason":"stop"/g),
  'good-behind-finish': /"finish_reason":"stop".*"role":"assistant".*"usage":\{(?!.*DONE\]\n)/s,
  'good-finish-twice': /"finish_reason":"stop".*"Y".*"finish_reason":"stop"/s,
  'good-models-ollama-null': /\{"models":null\}/,
  'good-models-null': /\{"object":"list","data":null\}/,
  'good-models-names': /\r\n\r\n\["seaking-demo",/,
  'good-models-ollama': /\{"models":\[\{"name":"seaking-demo:latest"/,
  'good-models-nameless': /\{"object":"model"\},null\]/,
};

/** Upstreams send them so, and no standard reads them. */
const UNFRAMED: ReadonlySet<GoodName> = new Set<GoodName>([
  'good-one-newline',
  'good-one-newline-mixed',
  'good-json-own-tail',
  'good-json-sse-tail',
  'good-json-as-stream',
  'good-json-after-pings',
  'good-stream-called-json',
  'good-blanks-first',
]);
/** No standard reader takes them for whole. */
const UNENDED = /^good-(stop|silence|json)-(?!end$|for-stream$)|^good-models-fin$/;

/** The huge one has specs of its own. */
const names = (Object.keys(goodReplies) as GoodName[]).filter((name) => name !== 'good-huge');

describe('demo: an unusual good reply', () => {
  let demo: Demo;
  before(async () => {
    demo = await startDemo({ chunkDelayMs: 0 });
  });
  after(() => demo.close());

  for (const name of names) {
    const { places, text } = goodReplies[name];

    const [read, reader] = UNFRAMED.has(name)
      ? [textInLines, 'does not mind its frame']
      : [textIn, 'reads as the standards say'];

    it(`has the text that ${name} promises, for whoever ${reader}.`, async () => {
      const check = async (place: Place): Promise<void> => {
        const reply = await ask(demo.url, place, `demo:${name}`);
        expect(reply.statusCode, place).to.equal(200);
        expect(await read(reply, UNENDED.test(name)), place).to.equal(text(PROMPT));
      };
      expect(places).to.not.deep.equal([]);
      await Promise.all(places.map(check));
    });

    it(`is as unusual as ${name} says.`, async () => {
      const check = async (place: Place): Promise<void> => {
        const heard = open(demo.url);
        heard.write(requestAt[place](`demo:${name}`, PROMPT));
        await heard.until(shown[name]);
        heard.socket.destroy();
      };
      await Promise.all(places.map(check));
    });
  }

  it('comes after a second, where it is slow.', async () => {
    const heard = open(demo.url);
    const since = performance.now();
    heard.write(requestAt.chat('demo:good-slow', PROMPT));
    await heard.until(/^HTTP/);
    expect(performance.now() - since).to.be.above(950);
    heard.socket.destroy();
  });

  it('comes byte by byte with a pause after each, where it dribbles.', async () => {
    const heard = open(demo.url);
    const since = performance.now();
    heard.write(requestAt.chat('demo:good-dribble', PROMPT));
    await heard.until(/\r\n\r\n/);
    const headMs = performance.now() - since;
    const before = heard.bytes().length;
    await heard.until(/0\r\n\r\n$/);
    const wholeMs = performance.now() - since;
    expect(wholeMs).to.be.above(heard.bytes().length - before);
    expect(headMs, 'the head does not wait for the body').to.be.below(wholeMs / 2);
    heard.socket.destroy();
  });

  it('resets the next request on a kept connection unread, where it says so.', async () => {
    const heard = open(demo.url);
    heard.write(requestAt.chat('demo:good-reset-kept:always:kept', PROMPT));
    await heard.until(/"stop"/);
    await sleep(30);
    expect(heard.isOpen()).to.equal(true);
    heard.write(requestAt.chat('demo:good-plain:kept', PROMPT));
    expect(await heard.closed).to.equal('reset');
    expect(demo.attempts('kept').map(({ played }) => played)).to.deep.equal(['good-reset-kept']);
  });

  it('ends with the connection where the client wants that, though it would reset the next request.', async () => {
    const heard = open(demo.url);
    heard.write(get('/v1/models', 'x-demo-fault: good-reset-kept\r\nConnection: close\r\n'));
    expect(await heard.closed).to.equal('fin');
  });

  it('of 200 MB waits for its reader, and holds next to nothing meanwhile.', async () => {
    const heard = open(demo.url);
    heard.write(requestAt['chat-stream']('demo:good-huge', PROMPT));
    await heard.until(/wave wave/);
    heard.socket.pause();
    await sleep(100);
    const before = process.memoryUsage().arrayBuffers;
    await sleep(200);
    expect(process.memoryUsage().arrayBuffers - before).to.be.below(1024 * 1024);
    heard.socket.destroy();
  });

  it('of 200 MB is whole, for whoever reads it all.', async () => {
    const reply = await ask(demo.url, 'messages-stream', 'demo:good-huge');
    let length = 0;
    let last = '';
    for await (const chunk of reply) {
      length += chunk.length;
      last = chunk.toString();
    }
    expect(length).to.be.above(goodReplies['good-huge'].text('').length);
    expect(last).to.match(/event: message_stop\ndata: .*\n\n$/);
  });

  it('quotes the user, and has what careless splitters break.', () => {
    const text = goodText(PROMPT);
    expect(text).to.include(PROMPT);
    expect(Array.from(text).length).to.be.above(300);
    expect(text).to.match(/\p{Extended_Pictographic}\u200D\p{Extended_Pictographic}/u);
    expect(text).to.match(/\p{L}\p{M}/u);
    expect(text).to.match(/\p{Script=Han}/u);
  });

  it('quotes only the beginning of a long message.', () => {
    expect(goodText('x'.repeat(10_000)).length).to.be.below(1000);
  });
});
