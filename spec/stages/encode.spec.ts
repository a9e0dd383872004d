import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../../lib/core/attempt.js';
import { type Answered, bytes, held, type Reply, type Request } from '../../lib/core/exchange.js';
import { clientError, type Failure, reasonOnceOpened, type Simple } from '../../lib/core/failure.js';
import type { Headers } from '../../lib/core/headers.js';
import { type Reason, reasons } from '../../lib/core/reason.js';
import { atOnce } from '../../lib/core/steps.js';
import { type DialectName, dialects } from '../../lib/dialects/index.js';
import { readReply, readWholeStream } from '../../lib/dialects/reading.js';
import { encodeFailure, encodeReply, logFailure } from '../../lib/stages/encode.js';
import {
  CHAT_END,
  CHAT_REPLY,
  chatEvent,
  MESSAGE_END,
  MESSAGE_REPLY,
  MESSAGE_START,
  messageEvent,
} from '../support/answers.js';
import { failures } from '../support/failures.js';
import { drainBody, sourceOfPieces } from '../support/sources.js';
import { plan, planned, request, target } from '../support/values.js';

const TARGET = target('https://api.example.com/v1');
const OPENAI = request();
const ANTHROPIC = request({ path: '/v1/messages' });

const attempt: Attempt = {
  number: 1,
  target: 'target',
  reason: O.none,
  status: O.none,
  hintMs: O.none,
  durationMs: 1,
  waitMs: O.none,
};

const badReply = (reason: Reason, status: number, text = '', hintMs: O.Option<number> = O.none): Simple => ({
  _tag: 'BadReply',
  reason,
  status,
  text,
  hintMs,
});

const gaveUp = (last: Simple, rejected = false, times = 1): Failure => ({
  _tag: 'GaveUp',
  last,
  rejected,
  attempts: Array.from({ length: times }, () => attempt),
  elapsedMs: 9000,
});

const told = (failure: Failure, asked: Request = OPENAI, to = TARGET): Reply =>
  encodeFailure({ target: to })('id-1', asked, failure);

const text = ({ body }: Reply): string =>
  body._tag === 'Bytes' ? body.bytes.toString() : expect.fail('not in memory');
const content = (reply: Reply): unknown => JSON.parse(text(reply));
const messageOf = (failure: Failure, asked = OPENAI, to = TARGET): string =>
  (content(told(failure, asked, to)) as { error: { message: string } }).error.message;

describe('stages/encode', () => {
  describe('a failure', () => {
    type Row = readonly [reason: Reason, upstream: number, status: number, openai: string, anthropic: string];
    const table: readonly Row[] = [
      ['rate_limited', 429, 429, 'rate_limit_error', 'rate_limit_error'],
      ['payment_required', 402, 402, 'insufficient_quota', 'billing_error'],
      ['payment_required', 429, 402, 'insufficient_quota', 'billing_error'],
      ['payment_required', 403, 402, 'insufficient_quota', 'billing_error'],
      ['overloaded', 503, 503, 'server_error', 'overloaded_error'],
      ['overloaded', 529, 503, 'server_error', 'overloaded_error'],
      ['upstream_error', 500, 500, 'server_error', 'api_error'],
      ['upstream_error', 504, 504, 'server_error', 'api_error'],
      ['upstream_error', 600, 502, 'server_error', 'api_error'],
      ['unreachable', 0, 502, 'server_error', 'api_error'],
      ['connection_broken', 0, 502, 'server_error', 'api_error'],
      ['tls_failed', 0, 502, 'server_error', 'api_error'],
      ['unexpected_redirect', 302, 502, 'server_error', 'api_error'],
      ['empty_reply', 200, 502, 'server_error', 'api_error'],
      ['malformed_reply', 200, 502, 'server_error', 'api_error'],
      ['unexpected_format', 200, 502, 'server_error', 'api_error'],
      ['error_in_reply', 429, 429, 'server_error', 'api_error'],
      ['error_in_reply', 503, 503, 'server_error', 'api_error'],
      ['error_in_reply', 200, 502, 'server_error', 'api_error'],
      ['broken_off', 200, 502, 'server_error', 'api_error'],
      ['timed_out', 0, 504, 'server_error', 'timeout_error'],
      ['request_timeout', 408, 504, 'server_error', 'timeout_error'],
      ['content_filtered', 200, 400, 'invalid_request_error', 'invalid_request_error'],
      ['invalid_request', 400, 400, 'invalid_request_error', 'invalid_request_error'],
      ['invalid_request', 404, 404, 'invalid_request_error', 'invalid_request_error'],
      ['invalid_request', 422, 422, 'invalid_request_error', 'invalid_request_error'],
      ['authentication_failed', 401, 401, 'authentication_error', 'authentication_error'],
      ['permission_denied', 403, 403, 'permission_error', 'permission_error'],
      ['host_not_allowed', 0, 403, 'permission_error', 'permission_error'],
      ['client_gone', 0, 499, 'server_error', 'api_error'],
      ['shedding', 0, 503, 'server_error', 'overloaded_error'],
      ['loop_detected', 0, 508, 'server_error', 'api_error'],
      ['shutting_down', 0, 503, 'server_error', 'overloaded_error'],
      ['unwanted_reply', 0, 502, 'server_error', 'api_error'],
      ['refused_by_stage', 0, 400, 'invalid_request_error', 'invalid_request_error'],
      ['refused_by_stage', 429, 429, 'invalid_request_error', 'invalid_request_error'],
      ['stage_fault', 0, 500, 'server_error', 'api_error'],
    ];
    for (const [reason, upstream, status, openai, anthropic] of table) {
      it(`of ${reason} with ${upstream || 'no status'} is ${status}, in both dialects`, () => {
        const failure = gaveUp(badReply(reason, upstream));
        const message = messageOf(failure);
        const [forOpenai, forAnthropic] = [told(failure), told(failure, ANTHROPIC)];
        expect(forOpenai.status).to.equal(status);
        expect(content(forOpenai)).to.deep.equal({ error: { message, type: openai, code: reason, param: null } });
        expect(forAnthropic.status).to.equal(status);
        expect(content(forAnthropic)).to.deep.equal({ type: 'error', error: { type: anthropic, message } });
      });
    }

    it('has a row above for every reason there is', () => {
      expect(new Set(table.map(([reason]) => reason))).to.deep.equal(new Set(Object.keys(reasons)));
    });

    for (const [failure, status, code] of [
      [failures.Unreachable, 502, 'unreachable'],
      [failures.TlsFailed, 502, 'tls_failed'],
      [failures.TimedOut, 504, 'timed_out'],
      [{ ...failures.TimedOut, phase: 'connect' }, 502, 'unreachable'],
      [failures.Broken, 502, 'connection_broken'],
      [failures.Malformed, 502, 'malformed_reply'],
      [failures.ClientGone, 499, 'client_gone'],
      [failures.ClientError, 413, 'invalid_request'],
      [clientError(431, 'Too many.'), 431, 'invalid_request'],
      [failures.HostNotAllowed, 403, 'host_not_allowed'],
      [failures.Looped, 508, 'loop_detected'],
      [failures.OriginNotAllowed, 403, 'host_not_allowed'],
      [failures.Shedding, 503, 'shedding'],
      [failures.ShuttingDown, 503, 'shutting_down'],
      [failures.StageFault, 500, 'stage_fault'],
      [failures.Unwanted, 502, 'unwanted_reply'],
      [failures.Refused, 403, 'refused_by_stage'],
    ] as const satisfies readonly (readonly [Failure, number, Reason])[]) {
      it(`${failure._tag} is ${status} ${code}, given up or not`, () => {
        for (const one of [failure, gaveUp(failure as Simple)]) {
          expect(told(one).status).to.equal(status);
          expect((content(told(one)) as { error: { code: string } }).error.code).to.equal(code);
        }
      });
    }

    it('is one sentence, with the wait where it is known, in the body and the reason phrase', () => {
      const failure = gaveUp(badReply('rate_limited', 429, 'Slow down', O.some(29_001)), false, 4);
      const message = 'Upstream is rate limited (429), 4 attempts in 9 s. Try again in 30 s.';
      const reply = told(failure);
      expect(reply.reasonPhrase).to.equal(message);
      expect(content(reply)).to.deep.equal({
        error: { message, type: 'rate_limit_error', code: 'rate_limited', param: null, retry_after: 30 },
      });
      expect(content(told(failure, ANTHROPIC))).to.deep.equal({
        type: 'error',
        error: { type: 'rate_limit_error', message, retry_after: 30 },
      });
    });

    describe('header fields', () => {
      it('bear the id, the attempts, the wait and that the tries were made here', () => {
        const failure = gaveUp(badReply('overloaded', 503, '', O.some(1500)), false, 4);
        expect(told(failure).headers).to.deep.equal({
          'content-type': 'application/json',
          'x-request-id': 'id-1',
          'retry-after': '2',
          'x-seaking-attempts': '4',
          'x-should-retry': 'false',
        });
      });

      it('let the client try again where only the proxy went away', () => {
        expect(told(gaveUp(failures.ShuttingDown)).headers).not.to.have.property('x-should-retry');
        expect(told(gaveUp(failures.Shedding)).headers).not.to.have.property('x-should-retry');
      });

      it("bear the id under Anthropic's name too, for Anthropic's clients", () => {
        const { headers } = told(gaveUp(badReply('overloaded', 503)), ANTHROPIC);
        expect(headers).to.include({ 'request-id': 'id-1', 'x-request-id': 'id-1' });
      });

      it('bear no wait that nobody knows', () => {
        expect(told(gaveUp(badReply('overloaded', 503))).headers).not.to.have.property('retry-after');
      });

      it('do not forbid to try again what was never sent', () => {
        expect(told(failures.Shedding).headers).to.deep.equal({
          'content-type': 'application/json',
          'x-request-id': 'id-1',
          'retry-after': '1',
        });
      });

      it('name the methods that are allowed where one was not', () => {
        const failure: Failure = { _tag: 'ClientError', status: 405, says: 'No.', allow: 'GET, HEAD' };
        expect(told(failure).headers).to.include({ allow: 'GET, HEAD' });
        expect(told(failures.ClientError).headers).not.to.have.property('allow');
      });
    });

    describe("the upstream's own words", () => {
      it('stand behind ours where it refused the request, and not in the reason phrase', () => {
        const failure = gaveUp(badReply('invalid_request', 400, 'max_tokens is too large'), true);
        expect(messageOf(failure)).to.equal('Upstream refused the request (400): max_tokens is too large');
        expect(told(failure).reasonPhrase).to.equal('Upstream refused the request (400).');
      });

      it('stand before what to do', () => {
        const failure = gaveUp(badReply('rate_limited', 429, 'Slow down', O.some(5000)), true);
        expect(messageOf(failure)).to.equal('Upstream is rate limited (429): Slow down. Try again in 5 s.');
      });

      it('are not told where the tries were used up', () => {
        expect(messageOf(gaveUp(badReply('overloaded', 503, 'Overloaded')))).to.equal('Upstream is overloaded (503).');
      });

      it('are cleaned; of nothing but markup nothing is left, and ours stand alone', () => {
        const failure = gaveUp(badReply('invalid_request', 400, '<html><body></body></html>'), true);
        expect(messageOf(failure)).to.equal('Upstream refused the request (400).');
      });

      it('never hold a key or a host of the target, nor a credential of the request', () => {
        const canary = fc.stringMatching(/^[a-z]{10,14}$/);
        const prose = fc.constantFrom('', 'no such model', 'key ', 'at https://', '"', '<b>', '\\', '%2F', 'Bearer ');
        fc.assert(
          fc.property(fc.uniqueArray(canary, { minLength: 6, maxLength: 6 }), fc.array(prose), (canaries, words) => {
            const [key, host, field, bearer, header, inQuery] = canaries as [
              string,
              string,
              string,
              string,
              string,
              string,
            ];
            const to = target(`https://${host}.example:8443/v1`, { apiKey: O.some(key), headers: { 'x-team': field } });
            const headers: Headers = { authorization: `Bearer ${bearer}`, 'x-api-key': header };
            const asked = request({ path: `/v1/messages?key=${inQuery}`, headers });
            const said = [...words, ...canaries, `${host}.example`, ...words].join(' ');
            const failure = gaveUp(badReply('invalid_request', 400, said), true);
            const whole = JSON.stringify([told(failure, asked, to), text(told(failure, asked, to))]);
            for (const secret of canaries) expect(whole).not.to.include(secret);
          }),
        );
      });
    });

    it('lets through what the author of a stage says, but for what is secret', () => {
      const to = target('https://api.example.com/v1', { apiKey: O.some('sk-canary-0123456789') });
      const says = 'See https://docs.other.net/limits, not sk-canary-0123456789 at api.example.com.';
      const shown = 'See https://docs.other.net/limits, not [cut] at [cut].';
      const refused = { ...failures.Refused, says };
      for (const failure of [refused, gaveUp(refused, true)]) {
        expect(text(told(failure, request(), to))).to.include(shown);
        expect(told(failure, request(), to).reasonPhrase).to.equal(shown);
      }
      const unwanted = { ...failures.Unwanted, says: 'sk-canary-0123456789' };
      expect(told(unwanted, request(), to).reasonPhrase).to.equal("A stage rejected the upstream's reply ([cut]).");
    });

    it('has a reason phrase in printable ASCII of at most 200 characters, whatever failed', () => {
      const anyUnit = fc.nat(0xffff).map((code) => String.fromCharCode(code));
      const says = fc.string({ unit: anyUnit, maxLength: 300 });
      fc.assert(
        fc.property(fc.constantFrom(...Object.values<Failure>(failures)), says, (failure, words) => {
          for (const one of [
            failure,
            clientError(400, words),
            { _tag: 'StageFault', stage: words, why: words } as const,
          ]) {
            expect(told(one).reasonPhrase).to.match(/^[\x20-\x7e]{0,200}$/);
          }
        }),
      );
    });

    it("is in Anthropic's dialect also where the path was refused before it was made tidy", () => {
      for (const path of ['//v1//messages', '/v1/messages/messages', '/v1/messages?beta=true']) {
        expect(content(told(failures.ClientError, request({ path })))).to.deep.include({ type: 'error' });
      }
      const named = request({ path: '/v1/models', headers: { 'anthropic-version': '2023-06-01' } });
      expect(content(told(failures.ClientError, named))).to.deep.include({ type: 'error' });
    });
  });

  describe('what the log is told of a failure', () => {
    const to = target('https://api.example.com/v1', { apiKey: O.some('sk-canary-0123456789') });
    const logged = (failure: Failure, prompts: readonly string[] = []) =>
      logFailure({ target: to })({ ...request({ headers: { 'x-api-key': 'client-canary-0123' } }), prompts }, failure);

    it('is the sentence that the client gets', () => {
      for (const failure of Object.values<Failure>(failures)) {
        if (failure._tag === 'ClientGone') continue;
        expect(logged(failure).says, failure._tag).to.equal(
          (content(told(failure, request(), to)) as { error: { message: string } }).error.message,
        );
      }
      expect(logged(failures.ClientGone), 'nobody is told anything').to.deep.equal({});
    });

    it('is of the fault of a stage where it was, and what was thrown, without the secrets of config and request', () => {
      const prompt = 'The canary of the prompt is yellow and sings.';
      const says = `Error: sk-canary-0123456789, client-canary-0123, api.example.com: ${prompt}`;
      const cause = { at: 'mine.js:3', says, stack: ['at x (file:///srv/mine.js:3:1)'] };
      const fault = { _tag: 'StageFault', stage: 'mine', why: 'threw Error', place: 'try', cause } as const;
      for (const failure of [fault, gaveUp(fault, true)]) {
        const { says: sentence, fault: report } = logged(failure, [prompt]);
        expect(report).to.deep.include({ stage: 'mine', place: 'try', at: 'mine.js:3', stack: cause.stack });
        expect(report?.says).to.match(/^Error: .*\[cut\]/);
        expect(JSON.stringify([sentence, report])).not.to.match(/canary|example/);
        expect(sentence).not.to.include('[cut]');
      }
    });

    it('is how it failed, where nothing was thrown', () => {
      const silent = { _tag: 'StageFault', stage: 'mine', why: 'did not answer in 10 s at try', place: 'try' } as const;
      expect(logged(silent).fault).to.deep.equal({
        stage: 'mine',
        place: 'try',
        at: '',
        says: 'did not answer in 10 s at try',
        stack: [],
      });
      expect(logged({ _tag: 'StageFault', stage: 'classify', why: '' }).fault).to.include({ place: '', says: '' });
    });
  });

  describe('a good reply', () => {
    const unread = { ...held(sourceOfPieces(), O.none), prefix: Buffer.from(': peek') };
    const answered = (reply: Partial<Reply>, changes: Partial<Answered> = {}): Answered => ({
      ...planned(),
      reply: { status: 200, headers: {}, body: bytes(Buffer.from('{}')), ...reply },
      attempts: [attempt, attempt],
      ...changes,
    });
    const chat = (dialect: DialectName): Partial<Answered> => ({
      call: { _tag: 'Chat', dialect: dialects[dialect], stream: false, body: { model: 'm', messages: [{}] } },
    });
    const other = (dialect: DialectName): Partial<Answered> => ({
      call: { _tag: 'Other', dialect: dialects[dialect] },
    });
    const encoded = (value: Answered): Reply => atOnce(encodeReply({ target: TARGET })(value));
    const STREAM: Headers = { 'content-type': 'text/event-stream; charset=utf-8' };

    it('goes on as it came, with its id and its attempts', () => {
      const reply = { status: 201, headers: { 'x-request-id': 'theirs', 'x-a': ['1', '2'] } };
      const { headers, ...rest } = encoded(answered(reply, other('openai')));
      expect({ ...headers }).to.deep.equal({ 'x-a': ['1', '2'], 'x-request-id': 'id-1', 'x-seaking-attempts': '2' });
      expect(rest).to.deep.equal({ status: 201, body: bytes(Buffer.from('{}')) });
    });

    it('that is a stream is passed on piece by piece by what stands between here and the client', () => {
      const live = { 'x-accel-buffering': 'no', 'cache-control': 'no-cache' };
      for (const call of [chat('openai'), chat('anthropic'), other('openai')]) {
        const streaming = { ...call, plan: plan({ stream: true }) };
        expect(encoded(answered({ body: unread, headers: STREAM }, streaming)).headers).to.include(live);
      }
      const theirs = { ...STREAM, 'x-accel-buffering': 'yes', 'cache-control': 'max-age=60' };
      expect(encoded(answered({ body: unread, headers: theirs })).headers).to.include(live);
      for (const stricter of ['no-store', 'no-cache, no-transform']) {
        const { headers } = encoded(answered({ body: unread, headers: { ...STREAM, 'cache-control': stricter } }));
        expect(headers).to.include({ 'x-accel-buffering': 'no', 'cache-control': stricter });
      }
      const json = encoded(answered({ headers: { 'content-type': 'application/json' } })).headers;
      expect(json).not.to.have.any.keys(Object.keys(live));
    });

    it('that is still with the edge goes on with the same source', () => {
      expect(encoded(answered({ body: unread })).body).to.equal(unread);
      const { body } = encoded(answered({ body: unread, headers: STREAM }));
      expect(body).to.deep.include({ source: unread.source, prefix: unread.prefix });
    });

    it('has no last words where it is no stream, or is in memory', () => {
      expect(encoded(answered({ body: unread, headers: { 'content-type': 'audio/mpeg' } })).body).to.equal(unread);
      const whole = bytes(Buffer.from('data: 1\n\n'));
      expect(encoded(answered({ body: whole, headers: STREAM }, other('openai'))).body).to.equal(whole);
    });

    describe('in the form that was asked for', () => {
      const json: Headers = { 'content-type': 'application/json' };
      const whole = { openai: CHAT_REPLY, anthropic: MESSAGE_REPLY };
      const stream = {
        openai: chatEvent('Hello.') + CHAT_END,
        anthropic: MESSAGE_START + messageEvent('Hello.') + MESSAGE_END,
      };
      const asking = (dialect: DialectName, streams: boolean): Partial<Answered> => ({
        ...chat(dialect),
        plan: plan({ stream: streams }),
      });
      const typeOf = ({ headers }: Reply): unknown => headers['content-type'];
      const inMemory = (body: string) => bytes(Buffer.from(body));

      for (const dialect of ['openai', 'anthropic'] as const) {
        it(`is a stream where JSON came for one, of ${dialect}`, () => {
          const reply = encoded(answered({ headers: json, body: inMemory(whole[dialect]) }, asking(dialect, true)));
          expect(typeOf(reply)).to.equal('text/event-stream; charset=utf-8');
          expect(text(reply)).to.match(/^(event: .*\n)?data: \{.*\}\n\n/);
          expect(readWholeStream(dialects[dialect], Buffer.from(text(reply)))).to.deep.equal({ _tag: 'Content' });
          expect(text(reply)).to.include('Hello.');
        });

        it(`is JSON where a stream came for it, of ${dialect}`, () => {
          const reply = encoded(answered({ headers: STREAM, body: inMemory(stream[dialect]) }, asking(dialect, false)));
          expect(typeOf(reply)).to.equal('application/json');
          expect(readReply(dialects[dialect], Buffer.from(text(reply)))).to.deep.equal({ _tag: 'Content' });
          expect(text(reply)).to.include('Hello.');
        });

        it(`is as it came where it has that form, of ${dialect}`, () => {
          for (const [body, streams] of [
            [inMemory(whole[dialect]), false],
            [inMemory(stream[dialect]), true],
          ] as const) {
            expect(encoded(answered({ body }, asking(dialect, streams))).body).to.equal(body);
          }
        });
      }

      it('keeps a content-type that says so already, with its parameters', () => {
        for (const [type, body, streams] of [
          ['text/event-stream', inMemory(stream.openai), true],
          ['Text/Event-Stream; charset=UTF-8', unread, true],
          ['application/json; charset=utf-8', inMemory(whole.openai), false],
        ] as const) {
          const headers = { 'content-type': type };
          expect(typeOf(encoded(answered({ headers, body }, asking('openai', streams))))).to.equal(type);
        }
      });

      it('says so where the upstream said something else, or nothing', () => {
        for (const headers of [{ 'content-type': 'text/plain' }, {}]) {
          const streaming = asking('openai', true);
          for (const body of [unread, inMemory(stream.openai)]) {
            expect(typeOf(encoded(answered({ headers, body }, streaming)))).to.match(/^text\/event-stream/);
          }
          const reply = encoded(answered({ headers, body: inMemory(whole.openai) }, asking('openai', false)));
          expect(typeOf(reply)).to.equal('application/json');
        }
      });

      it('has last words where a stream came as plain text', () => {
        const { body } = encoded(
          answered({ headers: { 'content-type': 'text/plain' }, body: unread }, asking('openai', true)),
        );
        expect(body).to.have.nested.property('through.length', 1);
      });

      it('is as it came where it was too long to be read', () => {
        const long = { ...unread, prefix: Buffer.from(whole.openai) };
        for (const streams of [true, false]) {
          const reply = encoded(answered({ headers: json, body: long }, asking('openai', streams)));
          expect(typeOf(reply)).to.equal('application/json');
          expect(reply.body).to.equal(long);
        }
      });

      it('is as it came where it is no chat, or no success', () => {
        const body = inMemory(whole.openai);
        const asked = { ...other('openai'), plan: plan({ stream: true }) };
        for (const reply of [
          encoded(answered({ headers: json, body }, asked)),
          encoded(answered({ status: 304, headers: json, body }, asking('openai', true))),
        ]) {
          expect(typeOf(reply)).to.equal('application/json');
          expect(reply.body).to.equal(body);
        }
      });
    });

    describe('the error tail of a stream', () => {
      const words = async (
        changes: Partial<Answered>,
        failure: Failure = failures.Broken,
        headers = STREAM,
      ): Promise<string> => {
        const { body } = encoded(answered({ body: held(sourceOfPieces(), O.none), headers }, changes));
        const { text } = await drainBody(body, failure);
        return text;
      };
      const message = 'Upstream broke the connection.';
      const openai = { message, type: 'server_error', code: 'broken_off', param: null };
      const anthropic = { type: 'error', error: { type: 'api_error', message } };

      it('are, of a chat, an error that SillyTavern can read, and [DONE]', async () => {
        const event = JSON.stringify({ error: openai, choices: [] });
        expect(await words(chat('openai'))).to.equal(`data: ${event}\n\ndata: [DONE]\n\n`);
      });

      it("are, of Anthropic's messages, an error event and nothing after it", async () => {
        expect(await words(chat('anthropic'))).to.equal(`event: error\ndata: ${JSON.stringify(anthropic)}\n\n`);
      });

      it('are, of any other stream, an error object in its dialect', async () => {
        expect(await words(other('openai'))).to.equal(`\n\ndata: ${JSON.stringify({ error: openai })}\n\n`);
        expect(await words(other('anthropic'))).to.equal(`\n\ndata: ${JSON.stringify(anthropic)}\n\n`);
      });

      it('are there for a stream by any letters of its media type', async () => {
        expect(await words(chat('openai'), failures.Broken, { 'content-type': 'Text/Event-Stream' })).to.include(
          '[DONE]',
        );
      });

      it('end, of what is only passed on, the event that the break has cut, and are not taken for the rest of it', async () => {
        await fc.assert(
          fc.asyncProperty(
            fc.nat(30),
            fc.constantFrom(other('openai'), other('anthropic')),
            async (length, changes) => {
              const sent = 'data: {"choices":[{"delta":{"content":"hi"}}]}\r\n'.slice(0, length);
              const events = `${sent}${await words(changes)}`.split(/\r?\n\r?\n/);
              expect(events.some((event) => /^data: \{("type":"error",)?"error":/.test(event))).to.equal(true);
            },
          ),
        );
      });

      it('say nothing again that the client has said', async () => {
        const prompt = 'the dragon sleeps under the mountain';
        const body = { model: 'm', messages: [{ role: 'user', content: prompt }] };
        const call = { _tag: 'Chat', dialect: dialects.openai, stream: true, body } as const;
        const said = await words(
          { ...chat('openai'), call },
          gaveUp(badReply('invalid_request', 400, `Bad: ${prompt}.`), true),
        );
        expect(said).to.include('Bad: ').and.not.include('dragon');
      });

      it('say what broke it, and what to do, whatever it was', async () => {
        const silence: Failure = { _tag: 'TimedOut', phase: 'idle', limitMs: 60_000, sent: true };
        expect(await words(chat('openai'), silence)).to.include(
          'Upstream fell silent for 60 s. Raise target_proxy.timeouts.idle.',
        );
        for (const failure of Object.values<Failure>(failures)) {
          const data = /^data: (\{.*\})$/m.exec(await words(chat('openai'), failure))?.[1] ?? '';
          expect(JSON.parse(data)).to.have.nested.property('error.code', reasonOnceOpened(failure));
        }
      });
    });
  });
});
