import { Writable } from 'node:stream';
import { expect } from 'chai';
import fc from 'fast-check';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { type Event, type FaultReport, type RetryDecision, summaryOf } from '../../lib/core/event.js';
import { bytes } from '../../lib/core/exchange.js';
import type { Reason } from '../../lib/core/reason.js';
import type { LogLevel } from '../../lib/core/settings.js';
import type { Warning } from '../../lib/core/warning.js';
import { dialects } from '../../lib/dialects/index.js';
import { log, readsPretty } from '../../lib/telemetry/log.js';
import { bad, finished, good, started } from '../support/events.js';
import { planned, request } from '../support/values.js';

const wallClock = () => Date.UTC(2026, 0, 2, 3, 4, 5, 6);

/** All that a log writes of some events. */
const written = (isPretty: boolean, level: LogLevel, events: readonly Event[]): string => {
  let text = '';
  const stream = new Writable({
    decodeStrings: false,
    write: (chunk, _encoding, done) => {
      text += chunk;
      done();
    },
  });
  const emit = log({ level, isPretty, wallClock, stream });
  for (const event of events) emit(event);
  return text;
};
/** Without the time of day, which each line begins with that is not indented. */
const pretty = (event: Event, level: LogLevel = 'info'): string => {
  const text = written(true, level, [event]);
  for (const line of text.split('\n').slice(0, -1)) expect(line).to.match(/^(?:\d\d:\d\d:\d\d \S| {4})/u);
  return text.replaceAll(/^\d\d:\d\d:\d\d /gm, '');
};
const json = (event: Event, level: LogLevel = 'info'): string => written(false, level, [event]);

const hinted = { hintMs: O.some(500.4), waitMs: O.some(512.6) };
const retried = finished({ attempts: [bad(1, 'rate_limited', 429, hinted), bad(2, 'overloaded', 503), good(3)] });
const decision = (changes: Partial<RetryDecision> = {}): Event => ({
  _tag: 'RetryDecided',
  id: 'id-1',
  method: 'POST',
  path: '/v1/chat/completions',
  model: O.some('gpt-4o'),
  target: 'target',
  reason: 'rate_limited',
  status: O.some(429),
  number: 2,
  of: 4,
  waitMs: 22_000.4,
  isAsked: true,
  ...changes,
});

const fault: FaultReport = {
  stage: 'sailor',
  place: 'replied',
  at: 'sailor.js:3',
  says: 'TypeError: it is not iterable',
  stack: ['at replied (file:///srv/sailor.js:3:5)', 'at next (file:///srv/sailor.js:9:1)'],
};

const failed = (reason: Reason, status: number, attempts: Parameters<typeof finished>[0]): Event =>
  finished({ reason: O.some(reason), ...attempts }, { status });

const stageFailed: Event = { _tag: 'StageFailed', id: 'id-1', fault: { ...fault, place: 'finished' } };

const uncaught: Event = { _tag: 'Uncaught', cause: { says: 'Error: late', at: 's.js:3', stack: ['at f (s.js:3:1)'] } };

describe('log', () => {
  describe('pretty', () => {
    const lines: readonly (readonly [string, Event, string])[] = [
      ['a good reply', finished(), '✓ gpt-4o 200  1.2 s'],
      ['retries', { ...retried, durationMs: 4100 }, '✓ gpt-4o 200  3 attempts 4.1 s  429 → 503 → ok'],
      [
        'failures without a status that tells them by their reason',
        finished({ attempts: [bad(1, 'timed_out'), bad(2, 'empty_reply', 200), good(3)] }, { durationMs: 61_700 }),
        '✓ gpt-4o 200  3 attempts 62 s  timed_out → empty_reply → ok',
      ],
      [
        'a failure with its reason at last',
        failed('overloaded', 503, { attempts: [bad(1, 'rate_limited', 429), bad(2, 'overloaded', 503)] }),
        '✗ gpt-4o 503  2 attempts 1.2 s  429 → overloaded',
      ],
      [
        'a failure at the first try',
        failed('authentication_failed', 401, { attempts: [bad(1, 'authentication_failed', 401)] }),
        '✗ gpt-4o 401  1.2 s  authentication_failed',
      ],
      [
        'a reply that went on where it broke off',
        finished({ attempts: [bad(1, 'broken_off', 200), bad(2, 'overloaded', 503), good(3)] }),
        '✓ gpt-4o 200  3 attempts 1.2 s  broken_off → 503 → ok',
      ],
      ['a reply that broke off', failed('broken_off', 200, {}), '✗ gpt-4o 200  1.2 s  broken_off'],
      [
        'a client that went while the proxy waited',
        failed('client_gone', 499, { attempts: [bad(1, 'rate_limited', 429)] }),
        '· gpt-4o 499  1.2 s  429 → client_gone',
      ],
      [
        'a mistake of the client',
        failed('invalid_request', 404, { attempts: [], model: O.none, method: 'GET', path: '/x' }),
        '· GET /x 404  1.2 s  invalid_request',
      ],
      [
        'a request without a model by its path',
        finished({ model: O.none, method: 'GET', path: '/v1/models' }, { durationMs: 7.4 }),
        '✓ GET /v1/models 200  7 ms',
      ],
      ['a model without a name by its path', finished({ model: O.some('') }), '✓ POST /v1/chat/completions 200  1.2 s'],
      [
        'what the client was told of a failure',
        failed('overloaded', 503, { attempts: [], says: 'Upstream is overloaded (503).' }),
        '✗ gpt-4o 503  1.2 s  overloaded: Upstream is overloaded (503).',
      ],
      ['a retry, when it is decided on', decision(), '↻ gpt-4o 429 from target, try 2 of 4 in 22 s (asked for)'],
      [
        'a retry that nobody asked to wait for',
        decision({ reason: 'timed_out', status: O.none, model: O.none, number: 3, waitMs: 900, isAsked: false }),
        '↻ POST /v1/chat/completions timed_out from target, try 3 of 4 in 900 ms',
      ],
      ['a stop', { _tag: 'Stopping', inFlight: 2 }, 'Stopping: 2 in flight. A second signal stops at once.'],
      ['the end', { _tag: 'Stopped' }, 'Stopped.'],
      [
        'what was thrown where nobody waits for it',
        uncaught,
        '! Uncaught error: Error: late (s.js:3). The proxy stops.',
      ],
      [
        'what was thrown at a place that is not known',
        { _tag: 'Uncaught', cause: { says: 'Error', at: '', stack: [] } },
        '! Uncaught error: Error. The proxy stops.',
      ],
      [
        'a stage that failed behind the end',
        stageFailed,
        '! A stage failed after the end of its request.\n    stage sailor at finished (sailor.js:3): TypeError: it is not iterable',
      ],
      [
        'a line of a stage',
        { _tag: 'StageLogged', id: O.some('id-1'), stage: 'mine', message: '12 tokens' },
        'mine: 12 tokens',
      ],
      [
        'a line of a stage with what a client wrote to forge another, and to be obeyed by a terminal',
        { _tag: 'StageLogged', id: O.none, stage: 'mine', message: 'm\r\n14:03:20 ✓ x\u001b[2J\u202e\ty' },
        'mine: m\n    14:03:20 ✓ x\ufffd[2J\ufffd\ty',
      ],
    ];
    for (const [what, event, line] of lines) {
      it(`reports ${what}: ${line}`, () => {
        expect(pretty(event)).to.equal(`${line}\n`);
      });
    }

    it('leaves a start to the greeting, and requests until they are finished', () => {
      expect(pretty(started)).to.equal('');
      expect(pretty({ _tag: 'RequestStarted', id: 'id-1' }, 'trace')).to.equal('');
    });

    const remedies: Readonly<Record<Warning, string>> = {
      reply_too_long_to_judge: 'reply_limit',
      opened_without_content: 'no content',
      cut_while_thinking: 'max_tokens',
      event_dropped: 'left out',
      asked_to_go_on: 'continue it',
      surplus_bytes: 'nobody asked',
      stale_models: 'older list',
      models_not_kept: 'disk',
    };
    for (const [warning, words] of Object.entries(remedies) as [Warning, string][]) {
      it(`reports ${warning} in a sentence`, () => {
        expect(pretty({ _tag: 'Warned', id: 'id-1', warning })).to.match(new RegExp(`^! [A-Z].*${words}.*\\.\n$`));
      });
    }

    it('begins with the time of day, as the clock on the wall shows it', () => {
      const at = new Date(wallClock());
      const time = [at.getHours(), at.getMinutes(), at.getSeconds()].map((n) => String(n).padStart(2, '0')).join(':');
      expect(written(true, 'info', [finished()])).to.equal(`${time} ✓ gpt-4o 200  1.2 s\n`);
    });

    it('shows below a request where a stage failed it, and the calls that led there at level debug', () => {
      const event = failed('stage_fault', 500, { attempts: [], fault });
      const line = '    stage sailor at replied (sailor.js:3): TypeError: it is not iterable';
      expect(pretty(event).split('\n').slice(1)).to.deep.equal([line, '']);
      expect(pretty(event, 'debug').split('\n').slice(1)).to.deep.equal([
        line,
        '      at replied (file:///srv/sailor.js:3:5)',
        '      at next (file:///srv/sailor.js:9:1)',
        '',
      ]);
      const unknown = { ...fault, place: '', at: '', stack: [], says: 'failed' };
      expect(pretty(failed('stage_fault', 500, { fault: unknown }), 'info')).to.include('\n    stage sailor: failed\n');
    });

    it('shows every attempt with its reason and waits at level debug', () => {
      expect(pretty(retried, 'debug').split('\n').slice(1)).to.deep.equal([
        '    1. 429 rate_limited after 1.2 s, asked to wait 500 ms, waited 513 ms',
        '    2. 503 overloaded after 1.2 s',
        '    3. 200 ok after 1.2 s',
        '',
      ]);
      const unanswered = failed('unreachable', 502, { attempts: [bad(1, 'unreachable')] });
      expect(pretty(unanswered, 'debug')).to.include('\n    1. unreachable after 1.2 s\n');
    });
  });

  describe('json', () => {
    const at = { time: '2026-01-02T03:04:05.006Z' };
    const attempt = {
      number: 3,
      target: 'target',
      status: 200,
      reason: null,
      duration_ms: 1200,
      hint_ms: null,
      wait_ms: null,
    };
    const who = { id: 'id-1', client: '127.0.0.1', method: 'POST', path: '/v1/chat/completions', model: 'gpt-4o' };
    const startRecord = {
      level: 'info',
      event: 'started',
      version: '1.2.3',
      pid: 4321,
      address: '0.0.0.0:8484',
      url: 'http://127.0.0.1:8484/v1',
      max_retries: 3,
      retry_codes: [429, 503],
      demo: false,
      upstream: 'api.example.com',
      config: '/etc/seaking-proxy/proxy.config.yaml',
      warnings: [],
    };
    const records: readonly (readonly [string, Event, object])[] = [
      ['a start with what the greeting tells', started, startRecord],
      [
        'a start that leaves the key of the config to other machines, as a warning',
        {
          ...(started as Extract<Event, { _tag: 'Started' }>),
          warnings: ['WARNING: other machines can reach this address.'],
        },
        { ...startRecord, level: 'warn', warnings: ['WARNING: other machines can reach this address.'] },
      ],
      ['a stop', { _tag: 'Stopping', inFlight: 2 }, { level: 'info', event: 'stopping', in_flight: 2 }],
      ['the end', { _tag: 'Stopped' }, { level: 'info', event: 'stopped' }],
      [
        'a reload, and that Node keeps what the files of stages import',
        {
          _tag: 'Reloaded',
          generation: 2,
          stages: ['mine'],
          restart: [],
          upstream: 'demo',
          config: O.some('/a/c.yaml'),
        },
        {
          level: 'info',
          event: 'reloaded',
          generation: 2,
          stages: ['mine'],
          stage_imports: 'kept_until_restart',
          needs_restart: [],
          upstream: 'demo',
          config: '/a/c.yaml',
        },
      ],
      [
        'a reload without stages',
        { _tag: 'Reloaded', generation: 2, stages: [], restart: ['logging'], upstream: 'a.example', config: O.none },
        {
          level: 'warn',
          event: 'reloaded',
          generation: 2,
          stages: [],
          stage_imports: null,
          needs_restart: ['logging'],
          upstream: 'a.example',
          config: null,
        },
      ],
      [
        'what was thrown where nobody waits for it',
        uncaught,
        { level: 'error', event: 'uncaught_error', says: 'Error: late', at: 's.js:3' },
      ],
      [
        'a stage that failed behind the end',
        stageFailed,
        {
          level: 'warn',
          event: 'stage_failed',
          id: 'id-1',
          stage: 'sailor',
          place: 'finished',
          at: 'sailor.js:3',
          says: 'TypeError: it is not iterable',
        },
      ],
      [
        'a line of a stage',
        { _tag: 'StageLogged', id: O.some('id-1'), stage: 'mine', message: '12 tokens' },
        { level: 'info', event: 'stage_log', id: 'id-1', stage: 'mine', message: '12 tokens' },
      ],
      [
        'a line of a stage that belongs to no request',
        { _tag: 'StageLogged', id: O.none, stage: 'mine', message: 'ready' },
        { level: 'info', event: 'stage_log', id: null, stage: 'mine', message: 'ready' },
      ],
      [
        'a warning',
        { _tag: 'Warned', id: 'id-1', warning: 'stale_models' },
        { level: 'warn', event: 'warning', id: 'id-1', warning: 'stale_models' },
      ],
      [
        'a request with all its attempts, in whole milliseconds',
        retried,
        {
          level: 'info',
          event: 'request',
          ...who,
          status: 200,
          reason: null,
          says: null,
          duration_ms: 1235,
          attempts: [
            { ...attempt, number: 1, status: 429, reason: 'rate_limited', hint_ms: 500, wait_ms: 513 },
            { ...attempt, number: 2, status: 503, reason: 'overloaded' },
            attempt,
          ],
        },
      ],
      [
        'a request of which nothing is known',
        finished(
          { model: O.none, method: '', path: '/', attempts: [], reason: O.some('client_gone') },
          { client: O.none, status: 499 },
        ),
        {
          level: 'info',
          event: 'request',
          id: 'id-1',
          client: null,
          method: '',
          path: '/',
          model: null,
          status: 499,
          reason: 'client_gone',
          says: null,
          duration_ms: 1235,
          attempts: [],
        },
      ],
      [
        'a request that a stage failed, and what the client was told',
        failed('stage_fault', 500, { attempts: [], says: 'A stage of the proxy failed (sailor).', fault }),
        {
          level: 'warn',
          event: 'request',
          ...who,
          status: 500,
          reason: 'stage_fault',
          says: 'A stage of the proxy failed (sailor).',
          duration_ms: 1235,
          attempts: [],
          fault: { stage: 'sailor', place: 'replied', at: 'sailor.js:3', says: 'TypeError: it is not iterable' },
        },
      ],
      [
        'a retry',
        decision(),
        {
          level: 'info',
          event: 'retry',
          id: 'id-1',
          method: 'POST',
          path: '/v1/chat/completions',
          model: 'gpt-4o',
          target: 'target',
          status: 429,
          reason: 'rate_limited',
          try: 2,
          of: 4,
          wait_ms: 22_000,
          asked: true,
        },
      ],
    ];
    for (const [what, event, record] of records) {
      it(`reports ${what}, and nothing else`, () => {
        expect(JSON.parse(json(event))).to.deep.equal({ ...at, ...record });
      });
    }

    it('has no line for the parts of a request, which its own line sums up', () => {
      const attempt = { id: 'id-1', number: 1, target: 'target' };
      const parts: readonly Event[] = [
        { _tag: 'AttemptStarted', ...attempt },
        { _tag: 'HeadReceived', ...attempt, status: 200 },
        { _tag: 'AttemptFinished', id: 'id-1', attempt: good(1) },
        { _tag: 'Committed', id: 'id-1', status: 200 },
        { _tag: 'Continued', id: 'id-1' },
      ];
      for (const part of parts) expect(json(part)).to.equal('');
    });

    it('has the calls that led to a fault of a stage at level debug, and null for what is not known', () => {
      const event = failed('stage_fault', 500, { fault });
      expect(JSON.parse(json(event, 'debug')).fault.stack).to.deep.equal(fault.stack);
      const unknown = failed('stage_fault', 500, { fault: { ...fault, place: '', at: '', stack: [] } });
      expect(JSON.parse(json(unknown, 'debug')).fault).to.deep.equal({
        stage: 'sailor',
        place: null,
        at: null,
        says: fault.says,
      });
    });

    it('logs stacks at debug alone', () => {
      for (const event of [stageFailed, uncaught]) {
        expect(JSON.parse(json(event))).not.to.have.property('stack');
        expect(JSON.parse(json(event, 'debug')).stack).to.have.length.above(0);
        expect(pretty(event)).not.to.match(/^ +at /m);
        expect(pretty(event, 'debug')).to.match(/^ +at .*:3:/m);
      }
    });

    it('logs a start at every level, since nothing else says where it listens', () => {
      for (const level of ['error', 'silent'] as const) expect(JSON.parse(json(started, level)).level).to.equal('info');
    });

    it('leaves requests until they are finished', () => {
      expect(json({ _tag: 'RequestStarted', id: 'id-1' }, 'trace')).to.equal('');
    });
  });

  describe('levels', () => {
    const levels: readonly (readonly [string, Event, 'info' | 'warn'])[] = [
      ['a good reply', retried, 'info'],
      ['a retry', decision(), 'info'],
      ['a failure of the upstream', failed('overloaded', 503, {}), 'warn'],
      ['a failure of the proxy', failed('shedding', 503, { attempts: [] }), 'warn'],
      ['a refusal by the upstream', failed('invalid_request', 400, {}), 'warn'],
      ['a request that was never sent on', failed('invalid_request', 400, { attempts: [] }), 'info'],
      ['a host that may not be here', failed('host_not_allowed', 403, { attempts: [] }), 'info'],
      ['a client that has gone', failed('client_gone', 499, {}), 'info'],
      ['a warning', { _tag: 'Warned', id: 'id-1', warning: 'event_dropped' }, 'warn'],
    ];
    for (const [what, event, level] of levels) {
      it(`${what} is ${level}`, () => {
        expect(JSON.parse(json(event)).level).to.equal(level);
        for (const emit of [json, pretty]) {
          expect(emit(event, level)).not.to.equal('');
          expect(emit(event, level === 'info' ? 'warn' : 'error')).to.equal('');
          expect(emit(event, 'silent')).to.equal('');
        }
      });
    }
  });

  describe('format', () => {
    for (const [format, isTerminal, expected] of [
      ['auto', true, true],
      ['auto', false, false],
      ['pretty', false, true],
      ['json', true, false],
    ] as const) {
      it(`${format} is ${expected ? 'pretty' : 'json'} ${isTerminal ? 'on a terminal' : 'elsewhere'}`, () => {
        expect(readsPretty({ level: 'info', format }, isTerminal)).to.equal(expected);
      });
    }
  });

  describe('of what a client chose', () => {
    const HOSTILE = [
      '\r',
      '\n',
      '\t',
      '\0',
      '\u001b[31m',
      '\u009b2J',
      '\u2028',
      '\u2029',
      '\u202e',
      '\ud800',
      '"',
      '\\',
      '{',
    ];
    const hostile = fc
      .array(fc.oneof(fc.constantFrom(...HOSTILE), fc.string({ unit: 'binary' })))
      .map((all) => all.join(''));
    const asked = fc.record({ path: hostile.map((path) => `/${path}`), model: hostile.map(O.some), method: hostile });
    // What a terminal obeys, or a reader takes for the end of a line.
    const UNFIT = /[\p{C}\p{Zl}\p{Zp}]/u;

    it('makes one record a line, whatever is in it', () => {
      fc.assert(
        fc.property(asked, (summary) => {
          const [line = '', rest] = json(finished(summary)).split('\n');
          expect(rest).to.equal('');
          expect(JSON.parse(line).id).to.equal('id-1');
          expect(line).not.to.match(UNFIT);
        }),
      );
    });

    it('makes one pretty line, without what a terminal obeys', () => {
      fc.assert(
        fc.property(asked, (summary) => {
          const text = pretty(finished(summary));
          expect(text.endsWith('\n')).to.equal(true);
          expect(text.slice(0, -1)).not.to.match(UNFIT);
        }),
      );
    });

    it('shows what is only unusual', () => {
      const shown = { model: '深度/求索 "v3" 🐳', path: '/v1/models/ü' };
      const event = finished({ ...shown, model: O.some(shown.model) });
      expect(pretty(event)).to.include(`${shown.model} 200`);
      expect(JSON.parse(json(event))).to.include(shown);
    });

    it('makes one record a line of what an upstream or a stage says too', () => {
      fc.assert(
        fc.property(hostile, (says) => {
          const event = failed('stage_fault', 500, { says, fault: { ...fault, says, stack: [says] } });
          const [line = '', rest] = json(event, 'debug').split('\n');
          expect(rest).to.equal('');
          expect(line).not.to.match(UNFIT);
          expect(pretty(event, 'debug').split('\n')).to.have.lengthOf(4 + 1);
        }),
      );
    });

    it('cuts what is long', () => {
      const long = 'x'.repeat(1_000_000);
      const { model, path, method } = JSON.parse(
        json(finished({ model: O.some(long), path: `/${long}`, method: long })),
      );
      for (const text of [model, path, method]) expect(text).to.match(/^.x{100,200}…$/);
      expect(pretty(finished({ model: O.some(long) }))).to.have.length.below(250);
    });
  });

  describe('secrecy', () => {
    const KEY = 'sk-canary-0123456789';
    const PATHS = [
      `/v1/chat/completions?key=${KEY}`,
      `/v1/chat/completions?a=b&key=${KEY}`,
      `/v1/chat/completions%3Fkey=${KEY}`,
      `/v1/chat/completions;key=${KEY}`,
      `/v1/chat/completions#${KEY}`,
      `http://user:${KEY}@somewhere.example/v1/chat/completions`,
      `http://somewhere.example?key=${KEY}`,
      `user:${KEY}@somewhere.example`,
    ];
    const body = { model: 'gpt-4o', messages: [{ role: 'user', content: KEY }], user: KEY };
    for (const path of PATHS) {
      it(`shows nothing of a request but its path and model: ${path}`, () => {
        const came = planned({
          request: request({
            path,
            headers: { authorization: `Bearer ${KEY}`, host: 'somewhere.example', cookie: KEY },
            body: bytes(Buffer.from(JSON.stringify(body))),
          }),
          call: { _tag: 'Chat', dialect: dialects.openai, stream: false, body },
        });
        const last = { _tag: 'BadReply', reason: 'rate_limited', status: 429, text: KEY, hintMs: O.none } as const;
        const attempts = [bad(1, 'rate_limited', 429)];
        const answered = E.left({ _tag: 'GaveUp', last, rejected: true, attempts, elapsedMs: 1 } as const);
        const event: Event = { ...finished(), summary: summaryOf(came, E.right(came), answered) };
        for (const emit of [json, pretty]) {
          const text = emit(event, 'trace');
          expect(text).to.include('gpt-4o').and.include('rate_limited');
          expect(text).not.to.include('canary').and.not.include('somewhere').and.not.include('key=');
        }
        expect(JSON.parse(json(event)).path).to.be.oneOf(['/v1/chat/completions', '']);
      });
    }
  });
});
