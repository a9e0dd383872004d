import { setTimeout as sleep } from 'node:timers/promises';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { expect } from 'chai';
import { faults, type ReplyFaultName } from '../../lib/demo/catalogue.js';
import type { Place } from '../../lib/demo/faults/fault.js';
import { type Demo, startDemo } from '../../lib/demo/server.js';
import { get, type Heard, open, requestAt } from './client.js';

/**
 * How it ends: whole, so that the connection serves another request; by a FIN; by a RST; or with nothing more, while
 * the connection stays open; or never.
 */
type End = 'whole' | 'fin' | 'reset' | 'silent' | 'endless';

const OPENING = /("role":"assistant","content":"".*|event: ping\ndata: .*)\n\n\r\n$/;
const HALF_JSON = /content-length: (\d{3,})\r\n\r\n\{"id"(?:(?!usage).)*$/s;
const json = (status: number, body: string) =>
  new RegExp(`^HTTP/1.1 ${status} .*application/json.*\r\n\r\n${body}`, 's');
const error = (status: number, type: string) => json(status, `.*"type":"(${type})"`);
const page = (status: number, body: string) => new RegExp(`^HTTP/1.1 ${status} .*text/html.*\r\n\r\n.*${body}`, 's');
const header = (line: string) => new RegExp(`^HTTP/1.1 (429|503) .*\r\n${line}\r\n`, 's');
const ok = (body: string) => json(200, body);
const sse = (body: string) => new RegExp(`^HTTP/1.1 200 .*text/event-stream.*?\r\n\r\n${body}`, 's');
const chunked = (body: string) => `[0-9a-f]+\r\n${body}\r\n`;
const either = (...patterns: readonly RegExp[]) => new RegExp(patterns.map(({ source }) => source).join('|'), 's');
const finished = (stop: string) => new RegExp(`"(finish|stop)_reason":"(${stop})"`);

/** What each fault shows on the wire. */
const shown: { readonly [N in ReplyFaultName]: readonly [End, RegExp] } = {
  'http-400': ['whole', error(400, 'invalid_request_error')],
  'http-401': ['whole', json(401, '.*(invalid_api_key|authentication_error)')],
  'http-402': ['whole', error(402, 'billing_error')],
  'http-403': ['whole', error(403, 'permission_error')],
  'http-404': ['whole', json(404, '.*(model_not_found|not_found_error)')],
  'http-405': ['whole', error(405, 'invalid_request_error')],
  'http-408': ['whole', error(408, 'server_error|timeout_error')],
  'http-409': ['whole', error(409, 'invalid_request_error')],
  'http-413': ['whole', error(413, 'invalid_request_error|request_too_large')],
  'http-415': ['whole', error(415, 'invalid_request_error')],
  'http-422': ['whole', error(422, 'invalid_request_error')],
  'http-429': ['whole', error(429, 'rate_limit_error')],
  'http-451': ['whole', error(451, 'invalid_request_error')],
  'http-500': ['whole', error(500, 'server_error|api_error')],
  'http-501': ['whole', error(501, 'server_error|api_error')],
  'http-502': ['whole', error(502, 'server_error|api_error')],
  'http-503': ['whole', error(503, 'server_error|overloaded_error')],
  'http-504': ['whole', error(504, 'server_error|timeout_error')],
  'http-505': ['whole', error(505, 'server_error|api_error')],
  'http-520': ['whole', error(520, 'server_error|api_error')],
  'http-521': ['whole', error(521, 'server_error|api_error')],
  'http-522': ['whole', error(522, 'server_error|api_error')],
  'http-523': ['whole', error(523, 'server_error|api_error')],
  'http-524': ['whole', error(524, 'server_error|api_error')],
  'http-525': ['whole', error(525, 'server_error|api_error')],
  'http-529': ['whole', error(529, 'server_error|overloaded_error')],
  'http-400-context': ['whole', json(400, '.*maximum context length')],
  'http-400-detail': ['whole', json(400, '\\{"detail":"[^"]+"\\}')],
  'http-422-detail-list': ['whole', json(422, '\\{"detail":\\[\\{"loc":')],
  'http-429-message': ['whole', json(429, '\\{"message":"[^"]+"\\}')],
  'http-429-text': ['whole', /^HTTP\/1.1 429 .*text\/plain.*\r\n\r\nToo Many Requests/s],
  'http-400-long': ['whole', json(400, '.{40000}')],
  'http-500-long': ['whole', json(500, '.{40000}')],
  'http-500-empty': ['whole', /^HTTP\/1.1 500 .*content-length: 0\r\n\r\n/s],
  'http-500-not-json': ['whole', json(500, '<html>')],
  'http-502-html': ['whole', page(502, 'Cloudflare')],
  'http-502-nginx': ['whole', page(502, 'nginx')],
  'http-503-text': ['whole', /^HTTP\/1.1 503 .*text\/plain.*\r\n\r\nupstream/s],
  'http-503-sse': ['whole', /^HTTP\/1.1 503 .*text\/event-stream.*\r\n\r\n\{"error":\{.*\}\r\r/s],
  'http-520-html': ['whole', page(520, 'Cloudflare')],
  'http-524-html': ['whole', page(524, 'Cloudflare')],
  'http-401-echo': ['whole', json(401, '.*key none at http://demo/')],
  'http-400-retry': ['whole', /^HTTP\/1.1 400 .*\r\nx-should-retry: true\r\n/s],
  'http-503-final': ['whole', /^HTTP\/1.1 503 .*\r\nx-should-retry: false\r\n/s],
  'quota-429': ['whole', json(429, '.*current quota')],
  'quota-429-billing': ['whole', json(429, '.*"(billing_not_active|billing_error)"')],
  'quota-400-credit': ['whole', json(400, '.*credit balance is too low')],
  'quota-402-balance': ['whole', json(402, '.*Insufficient Balance')],

  'http-301': ['whole', /^HTTP\/1.1 301 .*location: http:\/\/demo\/canary\r\n/s],
  'http-302': ['whole', /^HTTP\/1.1 302 .*location: http:\/\/demo\/canary\r\n/s],
  'http-303': ['whole', /^HTTP\/1.1 303 .*location: http:\/\/demo\/canary\r\n/s],
  'http-307': ['whole', /^HTTP\/1.1 307 .*location: http:\/\/demo\/canary\r\n/s],
  'http-308': ['whole', /^HTTP\/1.1 308 .*location: http:\/\/demo\/canary\r\n/s],
  'http-304': ['whole', /^HTTP\/1.1 304 Not Modified\r\netag: "demo"\r\n\r\n/],

  'retry-after-0': ['whole', header('retry-after: 0')],
  'retry-after-1': ['whole', header('retry-after: 1')],
  'retry-after-3': ['whole', header('retry-after: 3')],
  'retry-after-fraction': ['whole', header('retry-after: 0.4')],
  'retry-after-hour': ['whole', header('retry-after: 3600')],
  'retry-after-huge': ['whole', header('retry-after: 1000000000')],
  'retry-after-negative': ['whole', header('retry-after: -1')],
  'retry-after-garbage': ['whole', header('retry-after: soon')],
  'retry-after-date': ['whole', header('retry-after: \\w{3}, \\d\\d \\w{3} \\d{4} [\\d:]{8} GMT')],
  'retry-after-past': ['whole', header('retry-after: Wed, 21 Oct 2015 07:28:00 GMT')],
  'retry-after-ms': ['whole', header('retry-after-ms: 250')],
  'retry-after-both': ['whole', header('retry-after: 30\r\nretry-after-ms: 150')],
  'retry-after-503': ['whole', header('retry-after: 1')],
  'retry-info': ['whole', json(429, '.*google.rpc.RetryInfo","retryDelay":"0.3s"')],
  'ratelimit-requests': ['whole', header('x-ratelimit-remaining-requests: 0\r\nx-ratelimit-reset-requests: 350ms')],
  'ratelimit-tokens': ['whole', header('x-ratelimit-remaining-tokens: 0\r\nx-ratelimit-reset-tokens: 6m0s')],
  'ratelimit-remaining': ['whole', header('x-ratelimit-remaining-requests: 5\r\nx-ratelimit-reset-requests: 6m0s')],
  'ratelimit-anthropic': [
    'whole',
    header('anthropic-ratelimit-requests-remaining: 0\r\nanthropic-ratelimit-requests-reset: [-\\d]+T[:.\\d]+Z'),
  ],

  'reset-before-headers': ['reset', /^$/],
  'fin-before-headers': ['fin', /^$/],
  'reset-mid-headers': ['reset', /^HTTP\/1.1 200 OK\r\n.{20,23}$/s],
  'fin-mid-headers': ['fin', /^HTTP\/1.1 200 OK\r\n.{20,23}$/s],
  'reset-after-headers': ['reset', /^HTTP\/1.1 200 OK\r\n(\S.*\r\n)+\r\n$/],
  'fin-after-headers': ['fin', /^HTTP\/1.1 200 OK\r\n(\S.*\r\n)+\r\n$/],
  'reset-mid-body': ['reset', HALF_JSON],
  'fin-short-of-length': ['fin', HALF_JSON],
  'reset-mid-chunk': ['reset', /chunked\r\n.*\r\n\r\n[0-9a-f]{3}\r\n\{"id"(?:(?!usage).)*$/s],
  'fin-mid-chunk': ['fin', /chunked\r\n.*\r\n\r\n[0-9a-f]{3}\r\n\{"id"(?:(?!usage).)*$/s],
  'fin-before-last-chunk': ['fin', /chunked\r\n.*\r\n\r\n[0-9a-f]{3}\r\n\{"id".*\}\}\r\n$/s],
  'reset-after-role': ['reset', OPENING],
  'fin-after-role': ['fin', OPENING],
  'fin-mid-first-event': ['fin', sse('[0-9a-f]+\r\n(data|event): [^\r]*$')],
  'http-101': ['silent', /^HTTP\/1.1 101 Switching Protocols\r\n.*\r\n\r\n$/s],
  'hang-before-headers': ['silent', /^$/],
  'hang-mid-headers': ['silent', /^HTTP\/1.1 200 OK\r\n.{20,23}$/s],
  'hang-after-continue': ['silent', /^HTTP\/1.1 100 Continue\r\n\r\n$/],
  'dribble-headers': ['silent', /^HTTP\/1.1 200 OK\r\nx$/],
  'hang-after-headers': ['silent', /^HTTP\/1.1 200 OK\r\n(\S.*\r\n)+\r\n$/],
  'hang-mid-body': ['silent', HALF_JSON],
  'hang-after-role': ['silent', OPENING],
  'comments-forever': ['endless', sse(`(${chunked(': still working\n\n')}){2,}$`)],
  'neutral-forever': ['endless', either(/("role":"assistant".*){3,}$/s, /(event: ping\n.*){3,}$/s)],

  'empty-body': ['whole', /^HTTP\/1.1 200 .*content-length: 0\r\n\r\n/s],
  'empty-until-close': ['fin', /^HTTP\/1.1 200 OK\r\ncontent-type: \S+\r\n\r\n$/],
  'http-204': ['whole', /^HTTP\/1.1 204 No Content\r\n\r\n/],
  'html-200': ['whole', page(200, '<h1>')],
  'text-200': ['whole', /^HTTP\/1.1 200 .*text\/plain.*\r\n\r\nThe service/s],
  'empty-object': ['whole', ok('\\{\\}')],
  'null-200': ['whole', ok('null')],
  'string-200': ['whole', ok('"ok"')],
  'array-200': ['whole', ok('\\[\\{')],
  'no-choices': ['whole', ok('\\{"id":"x","object":"chat.completion","usage":')],
  'json-cut': ['whole', ok('\\{"id":[^\r]*[^}\r]HTTP')],
  'json-wrong': ['whole', ok("\\{'choices': ")],
  'json-twice': ['whole', ok('\\{"id".*\\}\\{"id".*\\}')],
  'gzip-wrong': ['whole', /content-encoding: gzip\r\n\r\n\{"id"/],
  'gzip-cut': ['whole', /content-encoding: gzip\r\n\r\n.\u008b/s],
  'gzip-bomb': ['whole', /content-length: 2\d{5}\r\ncontent-encoding: gzip\r\n\r\n.\u008b/s],
  'brotli-cut': ['whole', /content-encoding: br\r\n\r\n/],
  'coding-unknown': ['whole', /content-encoding: x-rot13\r\n/],
  'chunk-size-wrong': ['whole', /chunked\r\n.*\r\n\r\nzz\r\n/s],
  'chunk-too-long': ['whole', /chunked\r\n.*\r\n\r\n2\r\n\{"choices":\[\]\}\r\n0\r\n\r\n/s],
  'length-twice': ['whole', /content-length: 5\r\ncontent-length: 7\r\n\r\n/],
  'length-and-chunked': ['whole', /transfer-encoding: chunked\r\n.*content-length: 5\r\n\r\n[0-9a-f]+\r\n/s],
  'header-wrong': ['whole', /x-demo: a\0b\rc\r\n/],
  'headers-too-long': ['whole', /x-long: a{131072}\r\n/],
  'not-http': ['fin', /^SSH-2.0-/],
  'first-event-cut': ['whole', sse(chunked('data: \\{"id":"chatcmpl-demo","object":"chat.comp\n\n'))],
  'first-event-text': ['whole', sse(chunked('data: upstream is busy\n\n'))],

  'content-null': ['whole', either(/"content":null.*"stop"/s, /"content":\[\].*"end_turn"/s)],
  'content-empty': ['whole', either(/"content":"".*"stop"/s, /"text":"".*"end_turn"/s)],
  'content-blank': ['whole', /"(content|text)":" \\n(\\n\\t )?"/],
  'content-empty-length': ['whole', either(/"content":"".*"length"/s, /"text":"".*"max_tokens"/s)],
  'content-missing': ['whole', ok('.*"message":\\{"role":"assistant"\\}')],
  'choices-empty': ['whole', /"choices":\[\]/],
  'tool-calls-empty': ['whole', ok('.*"content":null,"tool_calls":\\[\\]')],
  'reasoning-only': [
    'whole',
    either(/"content":null,"reasoning_content":"The .*"stop"/s, /"thinking":"The .*"end_turn"/s),
  ],
  'stream-reasoning-only': ['whole', either(/"reasoning_content":"T".*"stop"/s, /"thinking":"T".*"end_turn"/s)],
  filtered: ['whole', finished('content_filter|refusal')],
  'filtered-safety': ['whole', finished('SAFETY')],
  'filtered-prohibited': ['whole', finished('PROHIBITED_CONTENT')],
  'stream-empty': ['whole', sse('0\r\n\r\n')],
  'stream-role-only': ['whole', either(/"role":"assistant"[^\r]*\r\n0\r\n\r\n/s, /event: ping\n[^\r]*\r\n0\r\n\r\n/s)],
  'stream-comments-only': ['whole', sse(`(${chunked(': \\w+\n\n')})+0\r\n\r\n`)],
  'stream-pings-only': ['whole', sse(`(${chunked('event: ping\n[^\r]*')})+0\r\n\r\n`)],
  'stream-done-only': [
    'whole',
    sse(`${chunked('(data: \\[DONE\\]|event: message_stop\ndata: [^\r\n]*)\n\n')}0\r\n\r\n`),
  ],
  'stream-usage-only': [
    'whole',
    sse(`${chunked('data: [^\r\n]*"choices":\\[\\],"usage":\\{[^\r\n]*\n\n')}[0-9a-f]+\r\ndata: \\[DONE`),
  ],
  'stream-nulls': ['whole', sse(`(${chunked('data: null\n\n')}){2}`)],

  'error-object': ['whole', ok('\\{"error":\\{"message":')],
  'error-string': ['whole', ok('\\{"error":"')],
  'error-array': ['whole', ok('\\[\\{"error":\\{')],
  'error-detail': ['whole', ok('\\{"detail":"')],
  'error-message': ['whole', ok('\\{"message":"')],
  'error-typed': ['whole', ok('\\{"type":"error","error":\\{')],
  'error-and-choices': ['whole', ok('\\{"error":\\{.*\\},"choices":\\[\\]\\}')],
  'error-code-429': ['whole', ok('\\{"error":\\{.*"code":429\\}')],
  'error-code-400': ['whole', ok('\\{"error":\\{.*"code":"400"\\}')],
  'error-status-401': ['whole', ok('\\{"error":\\{.*"status":401\\}')],
  'error-status-503': ['whole', ok('\\{"error":\\{.*"status":503\\}')],
  'error-type-429': ['whole', ok('\\{"error":\\{.*"type":"rate_limit_error"')],
  'error-event': ['whole', sse('[0-9a-f]+\r\ndata: \\{"error":\\{')],
  'error-event-string': ['whole', sse('[0-9a-f]+\r\ndata: \\{"error":"')],
  'error-event-named': ['whole', sse('[0-9a-f]+\r\nevent: error\ndata: \\{"type":"error","error":\\{')],
  'error-event-429': ['whole', sse('[0-9a-f]+\r\ndata: \\{"error":\\{.*"code":429')],
  'error-event-403': ['whole', sse('[0-9a-f]+\r\ndata: \\{"error":\\{.*"code":403')],
  'error-event-late': ['whole', sse('[0-9a-f]+\r\n(event: message_start|data: \\{"id").*\r\nevent: error\ndata: ')],
  'error-body-in-stream': ['whole', sse('[0-9a-f]+\r\n\\{"error":\\{[^\r]*\\}\\}\r\r\r\n0\r\n')],
  'proxy-error-header': ['whole', /\r\nx-oai-proxy-error: Proxy error.*\r\nx-oai-proxy-error-status: 429\r\n/s],
  'proxy-error-marker': ['whole', /"(content|text)":"### \*\*Proxy error[^"]*<!-- oai-proxy-error -->"/],
  'proxy-error-text': ['whole', /"(content|text)":"Request failed with status code 429"/],

  'broken-reset-first': ['reset', /"(content|text)":"Y"[^\r]*\r\n$/],
  'broken-reset': ['reset', /"(content|text)":"Y".*"(content|text)":"[^\r]*\r\n$/s],
  'broken-fin': ['fin', /"(content|text)":"Y".*"(content|text)":"[^\r]*\r\n$/s],
  'broken-mid-chunk': ['fin', /"(content|text)":"Y".*\r\n[0-9a-f]+\r\n(data|event): [^\r]*$/s],
  'broken-mid-event': ['whole', /"(content|text)":"Y".*\r\n3c\r\n(data|event): [^\r]{40,60}\r\n0\r\n\r\n/s],
  'broken-chunk-size': ['whole', /"(content|text)":"Y".*\r\nzz\r\n/s],
  'broken-end': ['whole', /"(content|text)":"Y"(?:(?!_reason":"|DONE|_stop).)*\r\n0\r\n\r\n/s],
  'broken-error': [
    'whole',
    /"(content|text)":"Y".*\r\n(event: error\ndata|data): \{[^\r]*"message":"Overloaded"[^\r]*\r\n0\r\n\r\n/s,
  ],
  'broken-silence': ['silent', /"(content|text)":"Y".*"(content|text)":"[^\r]*\r\n$/s],
  'error-field': ['whole', sse(chunked('error: \\{"code":400,[^\r\n]*\n\n'))],
  'error-other-field': ['whole', sse(chunked('x-error: \\{[^\r\n]*\n\n'))],
  'error-field-one-newline': ['whole', sse(`${chunked('error: \\{"code":400,[^\r\n]*\n')}[0-9a-f]+\r\ndata: `)],
  'line-too-long': ['whole', /\r\n100000\r\na{1048576}\r\n/],
  'broken-error-field': ['whole', /"(content|text)":"Y".*\r\nerror: \{[^\r]*"message":"Overloaded"[^\r]*\n\n\r\n/s],
  'broken-no-stop': ['whole', /"stop_reason":"end_turn"[^\r]*\r\n0\r\n\r\n/],
};

const NEXT = get('/next', 'Connection: close\r\n');
const SERVED_NEXT = /HTTP\/1.1 200 OK\r\n[^{]*\{"method":"GET","path":"\/next"/;
const PROMPT = 'Is anybody there?';
/** Far longer than anything takes that is still to come. */
const QUIET_MS = 60;

type Check = (heard: Heard, pattern: RegExp, place: Place) => Promise<void>;

const ends: { readonly [E in End]: Check } = {
  whole: async (heard, pattern, place) => {
    heard.write(NEXT);
    expect(await heard.closed, place).to.equal('fin');
    expect(heard.text(), place).to.match(pattern);
    expect(heard.text(), place).to.match(SERVED_NEXT);
  },
  fin: async (heard, pattern, place) => {
    expect(await heard.closed, place).to.equal('fin');
    expect(heard.text(), place).to.match(pattern);
  },
  reset: async (heard, pattern, place) => {
    expect(await heard.closed, place).to.equal('reset');
    expect(heard.text(), place).to.match(pattern);
  },
  silent: async (heard, pattern, place) => {
    await heard.until(pattern);
    const before = heard.text();
    await sleep(QUIET_MS);
    expect(heard.isOpen(), place).to.equal(true);
    expect(heard.text(), place).to.equal(before);
  },
  endless: async (heard, pattern, place) => {
    await heard.until(pattern);
    expect(heard.isOpen(), place).to.equal(true);
  },
};

describe('demo: a fault on the wire', () => {
  let demo: Demo;
  before(async () => {
    demo = await startDemo({ chunkDelayMs: 0 });
  });
  after(() => demo.close());

  for (const [name, [end, pattern]] of Object.entries(shown) as readonly [ReplyFaultName, readonly [End, RegExp]][]) {
    it(`is what ${name} says, wherever it is to be taken for ${faults[name].reason}: ${end}.`, async () => {
      const check = async (place: Place): Promise<void> => {
        const heard = open(demo.url);
        heard.write(requestAt[place](`demo:${name}`, PROMPT));
        await ends[end](heard, pattern, place);
        heard.socket.destroy();
      };
      expect(faults[name].places).to.not.deep.equal([]);
      await Promise.all(faults[name].places.map(check));
    });
  }

  const bodyOf = async (name: ReplyFaultName): Promise<Buffer> => {
    const heard = open(demo.url);
    heard.write(requestAt.chat(`demo:${name}`, PROMPT));
    heard.write(NEXT);
    await heard.closed;
    const start = heard.text().indexOf('\r\n\r\n') + 4;
    return heard.bytes().subarray(start, heard.text().indexOf('HTTP/1.1', start));
  };

  it('holds gzip and brotli that no decoder takes, where it says so.', async () => {
    for (const name of ['gzip-wrong', 'gzip-cut'] as const) {
      const body = await bodyOf(name);
      expect(() => gunzipSync(body), name).to.throw();
    }
    const brotli = await bodyOf('brotli-cut');
    expect(() => brotliDecompressSync(brotli)).to.throw();
  });

  it('holds JSON that no parser takes, where it says so.', async () => {
    for (const name of ['json-cut', 'json-wrong', 'json-twice'] as const) {
      const body = await bodyOf(name);
      expect(() => JSON.parse(body.toString()), name).to.throw();
    }
  });

  it('holds 200 MiB in less than 300 KB of gzip, which is JSON to its end.', async () => {
    const body = await bodyOf('gzip-bomb');
    expect(body.length).to.be.below(300 * 1024);
    const text = gunzipSync(body);
    expect(text.length).to.be.above(200 * 1024 * 1024);
    expect(text.subarray(0, 10).toString()).to.equal('{"id":"cha');
    expect(text.subarray(-2).toString()).to.equal('}}');
  });
});
