import { expect } from 'chai';
import fc from 'fast-check';
import * as O from 'fp-ts/lib/Option.js';
import type { UpstreamError } from '../../lib/core/reading.js';
import { errorIn, readError } from '../../lib/dialects/errors.js';
import { markedError, proxyErrorInHeaders, proxyErrorInText } from '../../lib/dialects/proxy-errors.js';

const read = (body: unknown, status = 400): UpstreamError =>
  readError(Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)), status);

const said = (text: string, facts: Partial<UpstreamError> = {}): UpstreamError => ({
  text,
  status: O.none,
  quota: false,
  hintMs: O.none,
  filtered: false,
  ...facts,
});

const retryInfo = (retryDelay: unknown) => [
  { '@type': 'type.googleapis.com/google.rpc.QuotaFailure', violations: [] },
  { '@type': 'type.googleapis.com/google.rpc.RetryInfo', retryDelay },
];

const base = (code: unknown, message: string) => ({ base_resp: { status_code: code, status_msg: message } });

const wrapped = (raw: unknown, more: object = {}) => ({
  error: { message: 'Provider returned error', code: 429, metadata: { raw, provider_name: 'X' }, ...more },
});

describe('error body', () => {
  const rows: readonly (readonly [string, unknown, UpstreamError])[] = [
    [
      'OpenAI’s object',
      { error: { message: 'Slow down', type: 'requests', code: 'rate_limit_exceeded', param: null } },
      said('Slow down', { status: O.some(429) }),
    ],
    [
      'Anthropic’s object',
      { type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } },
      said('Overloaded', { status: O.some(529) }),
    ],
    [
      'Google’s array',
      [{ error: { code: 429, message: 'Exhausted', status: 'RESOURCE_EXHAUSTED', details: retryInfo('13s') } }],
      said('Exhausted', { status: O.some(429), hintMs: O.some(13_000) }),
    ],
    [
      'Google’s object',
      { error: { message: 'Busy', status: 'UNAVAILABLE', details: retryInfo('1.5s') } },
      said('Busy', { status: O.some(503), hintMs: O.some(1500) }),
    ],
    ['a delay that cannot be read', { error: { message: 'x', details: retryInfo('soon') } }, said('x')],
    ['a delay that is no text', { error: { message: 'x', details: [null, ...retryInfo(13)] } }, said('x')],
    ['a text', { error: 'Model is loading' }, said('Model is loading')],
    [
      'an error in an error',
      { error: { error: { message: 'inner', code: 503 }, message: 'outer' } },
      said('inner', { status: O.some(503) }),
    ],
    ['FastAPI’s detail', { detail: 'Not authenticated' }, said('Not authenticated')],
    [
      'FastAPI’s list of details',
      { detail: [{ loc: ['body', 'model'], msg: 'field required', input: 'a prompt' }] },
      said('field required'),
    ],
    ['a detail that is an object', { detail: { error: 'x', code: 401 } }, said('x', { status: O.some(401) })],
    ['a message', { message: 'no Route matched', request_id: 'x' }, said('no Route matched')],
    [
      'a list of errors',
      { errors: [{ message: 'first', code: 7003 }, { message: 'second' }], success: false },
      said('first'),
    ],
    ['a list of texts', { errors: ['first', 'second'] }, said('first')],
    ['OAuth’s description', { error: { error_description: 'expired' } }, said('expired')],
    [
      'vLLM’s object',
      { object: 'error', message: 'too long', type: 'BadRequestError', code: 400 },
      said('too long', { status: O.some(400) }),
    ],
    ['an object that says nothing', { a: 1 }, said('')],
    ['an error that says nothing', { error: { message: null } }, said('')],
    ['a message that is no text', { error: { message: { text: 'x' }, msg: 'y' } }, said('y')],
    ['a message that is blank', { error: { message: ' ' }, message: 'y' }, said('y')],
    ['a number', '17', said('')],
    ['a text in quotes', '"Too busy"', said('Too busy')],
    ['an empty array', '[]', said('')],
    ['plain text', 'upstream connect error\n', said('upstream connect error')],
    ['nothing', '', said('')],
    [
      'a page’s title',
      '<!DOCTYPE html>\n<html><head><title>\n 503 Service Unavailable </title></head><body>prompt</body>',
      said('503 Service Unavailable'),
    ],
    ['a page’s heading', '<html><h1>Bad <i>gateway</i></h1><p>prompt', said('Bad  gateway')],
    ['a page without either', '<p>prompt</p>', said('')],
    ['a BOM before the page', '\uFEFF<title>x</title>', said('x')],
    [
      'SSE',
      'event: error\ndata: {"type":"error","error":{"type":"rate_limit_error","message":"Slow"}}\n\n',
      said('Slow', { status: O.some(429) }),
    ],
    ['SSE with comments before and no end', ': ka\n\ndata: [DONE?\n\ndata: {"error":{"message":"Slow"}}', said('Slow')],
    ['a field that is called error', 'error: {"message":"Slow"}\n\ndata: [DONE]\n\n', said('Slow')],
    ['a line under another field', ': hm\n\nx-error: {"message":"Slow"}\n\n', said('Slow')],
    ['a field of words', ': hm\n\nerror: Slow\n\n', said('Slow')],
    ['words beside a field that says nothing', 'Slow\nerror: {}\nx: {}\n\n', said('Slow\nerror: {}\nx: {}')],
    ['bare JSON that ends in CR', '{"error":{"message":"Slow"}}\r', said('Slow')],
    ['a code and a msg', { code: 401, msg: 'Bad key' }, said('Bad key', { status: O.some(401) })],
    ['an error_code and an error_msg', { error_code: 18, error_msg: 'Too fast' }, said('Too fast')],
    ['an error of MiniMax’s', base(1004, 'login fail'), said('login fail', { status: O.some(401) })],
    [
      'an error of MiniMax’s beside no choices',
      { id: 'x', choices: null, ...base(1008, 'insufficient balance') },
      said('insufficient balance', { status: O.some(402), quota: true }),
    ],
    ['a number of MiniMax’s that is a text', base('1002', 'slow'), said('slow', { status: O.some(429) })],
    ['a filter of MiniMax’s', base(1026, 'input new_sensitive'), said('input new_sensitive', { filtered: true })],
    ['a number of MiniMax’s that is not known', base(4711, 'x'), said('x')],
    ['a number of MiniMax’s that is a status', base(503, 'x'), said('x', { status: O.some(503) })],
    ['MiniMax’s word that all is well', base(0, 'success'), said('')],
    ['a base_resp that says nothing', { base_resp: {} }, said('')],
    ['JSON in lines that end in CR', '{\r"error":\r{"message":"Slow"}\r}\r', said('Slow')],
  ];
  for (const [title, body, expected] of rows) {
    it(`is read from ${title}`, () => {
      expect(read(body)).to.deep.equal(expected);
    });
  }

  it('may be 40 KB long; its text is bounded', () => {
    const { text, status } = read({ error: { code: 400, message: `Bad: ${'x'.repeat(40_000)}` } });
    expect(status).to.deep.equal(O.some(400));
    expect(text)
      .to.match(/^Bad: x+$/)
      .and.to.have.length(4000);
    expect(read(`Bad: ${'x'.repeat(400_000)}`).text).to.have.length(4000);
  });

  it('need not be UTF-8', () => {
    const body = Buffer.concat([
      Buffer.from('{"error":{"code":429,"message":"a'),
      Buffer.from([0xff, 0xc3]),
      Buffer.from('b"}}'),
    ]);
    expect(readError(body, 429)).to.deep.equal(said('a\ufffd\ufffdb', { status: O.some(429) }));
  });

  it('is read in linear time, though a page may be all unclosed tags', () => {
    const before = process.cpuUsage();
    for (const tag of ['<title ', '<h1 ', '<h1>', '<']) read(tag.repeat(500_000));
    expect(process.cpuUsage(before).user / 1000).to.be.below(1000);
  });

  it('never makes a reader throw', () => {
    fc.assert(
      fc.property(fc.jsonValue(), fc.uint8Array(), (value, bytes) => {
        for (const body of [
          value,
          { error: value },
          { errors: value, detail: value },
          [{ error: { details: value, code: value } }],
        ]) {
          expect(read(JSON.stringify(body)).text).to.be.a('string');
        }
        expect(readError(Buffer.from(bytes), 500).text).to.be.a('string');
      }),
    );
  });
});

describe('error of a provider behind a gateway', () => {
  const inner = { error: { message: 'Too many images.', type: 'invalid_request_error', code: null } };

  for (const [title, raw, expected] of [
    ['a text', 'busy upstream, retry shortly', said('busy upstream, retry shortly', { status: O.some(429) })],
    ['JSON in a text', JSON.stringify(inner), said('Too many images.', { status: O.some(429) })],
    ['an object', inner, said('Too many images.', { status: O.some(429) })],
    ['a page', '<html><title>502 Bad gateway</title>', said('502 Bad gateway', { status: O.some(429) })],
    [
      'an account without credit',
      JSON.stringify({ error: { message: 'Account suspended', type: 'exceeded_current_quota_error' } }),
      said('Account suspended', { status: O.some(429), quota: true }),
    ],
    [
      'a delay',
      JSON.stringify({ error: { message: 'Exhausted', details: retryInfo('7s') } }),
      said('Exhausted', { status: O.some(429), hintMs: O.some(7000) }),
    ],
    ['nothing', '', said('Provider returned error', { status: O.some(429) })],
    ['a number', 7, said('Provider returned error', { status: O.some(429) })],
  ] as const) {
    it(`is told in its own words: ${title}`, () => {
      expect(read(wrapped(raw))).to.deep.equal(expected);
    });
  }

  it('has the status that the gateway names, or else its own', () => {
    const raw = JSON.stringify({ error: { message: 'x', code: 400 } });
    expect(read(wrapped(raw)).status).to.deep.equal(O.some(429));
    expect(read(wrapped(raw, { code: null })).status).to.deep.equal(O.some(400));
  });

  it('is known by the words that other gateways put before, and where it is not in an error', () => {
    expect(read(wrapped('busy', { message: 'Error from provider: Provider returned error' })).text).to.equal('busy');
    expect(read({ message: 'Provider returned error.', metadata: { raw: 'busy' } }).text).to.equal('busy');
  });

  it('is not told where the gateway has words of its own, or nothing else', () => {
    expect(read(wrapped('busy', { message: 'No endpoints found.' })).text).to.equal('No endpoints found.');
    expect(read({ error: { message: 'Provider returned error' } }).text).to.equal('Provider returned error');
  });

  it('may have header fields, of which strings and numbers are kept', () => {
    const headers = { 'X-RateLimit-Remaining': '0', 'X-RateLimit-Reset': 1785751205000, odd: {} };
    const error = { message: 'Rate limit exceeded', code: 429, metadata: { headers } };
    expect({ ...read({ error }).fields }).to.deep.equal({
      'x-ratelimit-remaining': '0',
      'x-ratelimit-reset': '1785751205000',
    });
    expect(read({ error: { ...error, metadata: { headers: 'x' } } })).to.not.have.property('fields');
  });
});

describe('status that an error names', () => {
  for (const [error, status] of [
    [{ code: 429 }, 429],
    [{ code: '429' }, 429],
    [{ status: 503 }, 503],
    [{ status_code: 502 }, 502],
    [{ statusCode: 502 }, 502],
    [{ code: 'rate_limit_exceeded' }, 429],
    [{ type: 'rate_limit_error' }, 429],
    [{ type: 'overloaded_error' }, 529],
    [{ type: 'api_error' }, 500],
    [{ type: 'timeout_error' }, 504],
    [{ type: 'billing_error' }, 402],
    [{ type: 'authentication_error' }, 401],
    [{ type: 'permission_error' }, 403],
    [{ type: 'not_found_error' }, 404],
    [{ type: 'request_too_large' }, 413],
    [{ type: 'invalid_request_error' }, 400],
    [{ type: 'invalid_request_error', code: 'model_not_found' }, 404],
    [{ status: 'RESOURCE_EXHAUSTED' }, 429],
    [{ status: 'FAILED_PRECONDITION' }, 400],
    [{ status: 'UNAUTHENTICATED', code: 401 }, 401],
    [{ status: 'DEADLINE_EXCEEDED' }, 504],
    [{ code: 403, type: 'rate_limit_error' }, 403],
    [{ http_code: '429', type: 'insufficient_balance_error' }, 429],
    [{ http_status: 503 }, 503],
    [{ error_code: 401 }, 401],
    [{ code: 'InvalidApiKey' }, 401],
    [{ code: 'too-many-requests' }, 429],
    [{ object: 'error', code: 42901 }, 429],
    [{ object: 'error', code: 50001 }, 500],
    [{ object: 'error', code: 40303, type: 'x' }, 403],
  ] as const) {
    it(`is ${status} for ${JSON.stringify(error)}`, () => {
      expect(read({ error: { message: 'x', ...error } }).status).to.deep.equal(O.some(status));
    });
  }

  it('may stand beside the error', () => {
    expect(read({ error: 'Unauthorized', statusCode: 401 }).status).to.deep.equal(O.some(401));
  });

  it('is no number of five digits where nothing says that those are a local server’s', () => {
    for (const error of [{ code: 42901 }, { object: 'error', code: 1305 }, { object: 'error', code: 99901 }]) {
      expect(read({ error: { message: 'x', ...error } }).status).to.deep.equal(O.none);
    }
  });

  it('makes an error of a body that is no reply, whatever else is in it', () => {
    const status = (value: unknown, isReply = false) =>
      O.map((error: UpstreamError) => error.status)(errorIn(value, isReply));
    for (const body of [
      { code: 401, msg: 'x' },
      { code: '401' },
      { statusCode: 401 },
      { http_code: 401 },
      { object: 'error', code: 40101 },
      base(1004, 'x'),
    ]) {
      expect(status(body), JSON.stringify(body)).to.deep.equal(O.some(O.some(401)));
    }
    expect(status({ code: 200, data: {} })).to.deep.equal(O.none);
    expect(status({ object: 'error', choices: [], code: 401 }, true)).to.deep.equal(O.some(O.some(401)));
    expect(status({ choices: null, ...base(1004, 'x') }, true)).to.deep.equal(O.some(O.some(401)));
  });

  it('makes no error of a reply that has a code, a message, or a base_resp of 0', () => {
    for (const body of [{ code: 401 }, { msg: 'x' }, { message: 'x' }, base(0, 'success'), { base_resp: null }]) {
      expect(errorIn({ choices: [], ...body }, true), JSON.stringify(body)).to.deep.equal(O.none);
    }
  });

  it('is none for success, private codes, fractions, strange words and names of any object', () => {
    for (const code of [
      200,
      302,
      600,
      1305,
      429.5,
      -429,
      '4290',
      '4e2',
      '0x1f4',
      '42',
      'oops',
      '',
      null,
      true,
      {},
      'constructor',
      '__proto__',
    ]) {
      expect(read({ error: { message: 'x', code } }).status, String(code)).to.deep.equal(O.none);
    }
  });
});

describe('quota', () => {
  for (const error of [
    { type: 'insufficient_quota' },
    { code: 'insufficient_user_quota' },
    { code: 'billing_hard_limit_reached' },
    { type: 'billing_error' },
    { code: 'credit_balance_too_low' },
    { type: 'invalid_request_error', message: 'Your credit balance is too low to access the API.' },
    { message: 'Insufficient Balance' },
    { message: 'Insufficient credits. Add more.' },
    { type: 'exceeded_current_quota_error' },
    { type: 'insufficient_balance_error', http_code: '429' },
    { code: 'INSUFFICIENT_BALANCE' },
    { code: 'Arrearage' },
    { code: 'AccountOverdueError' },
    { code: 'pre_consume_token_quota_failed' },
    { message: 'Your account org-1 <ak-1> is suspended due to insufficient balance, please recharge' },
    { message: 'insufficient balance (1008)' },
    { message: 'Sorry, your account balance is insufficient' },
    { message: 'Your team has used all available credits or reached its limit' },
    { message: "Your newly created team doesn't have any credits yet." },
    { message: 'You are out of credits' },
    { code: '1113', message: '余额不足或无可用资源包,请充值。' },
    { message: '用户额度不足' },
  ]) {
    it(`is used up, says ${JSON.stringify(error)}`, () => {
      expect(read({ error }).quota).to.equal(true);
    });
  }

  for (const message of [
    'Rate limit exceeded: free-models-per-day. Add 10 credits to unlock 1000 requests per day',
    'There are no creditable models, and the balance of the load is too low',
    'Quota exceeded for quota metric Generate requests, limit: 15 per minute',
    'insufficient context: no balanced brackets',
  ]) {
    it(`is not used up, says ${message}`, () => {
      expect(read({ error: { message, code: 429 } }).quota).to.equal(false);
    });
  }

  it('is not used up where only a rate is, whatever the advice', () => {
    const message = 'You exceeded your current quota, please check your plan and billing details.';
    expect(read({ error: { message, status: 'RESOURCE_EXHAUSTED', code: 429 } }).quota).to.equal(false);
  });
});

describe('filter', () => {
  for (const error of [
    { code: 'content_filter' },
    { code: 'content_policy_violation' },
    { status: 'PROHIBITED_CONTENT' },
    { message: 'Blocked: PROHIBITED_CONTENT' },
    { message: 'Blocked: IMAGE_PROHIBITED_CONTENT' },
    { message: 'sensitive_words_detected' },
    { code: 'content_filter_blocked' },
    { code: 'ContentFilter' },
    { code: 'content-filtered' },
    { code: 'ContentPolicyViolationError' },
    { code: 'ResponsibleAIPolicyViolation' },
    { code: 'sensitive_words_detected' },
    { code: 'InputTextSensitiveContentDetected' },
    { code: 'data_inspection_failed' },
    { code: 'moderation_blocked' },
    { type: 'IMAGE_SAFETY' },
    { status: 'IMAGE_PROHIBITED_CONTENT' },
  ]) {
    it(`is named by ${JSON.stringify(error)}`, () => {
      expect(read({ error }).filtered).to.equal(true);
    });
  }

  for (const body of [
    { error: { message: 'content_filter: the service is not available' } },
    { error: { message: 'PROHIBITED_CONTENT check timed out', code: 400 } },
    'content_filter is not available',
    'data: {"error":{"message":"content_filter failed"}}\n\n',
  ])
    it(`is not named by the words of an error that came with another status: ${JSON.stringify(body)}`, () => {
      for (const status of [429, 500, 503]) expect(read(body, status).filtered, `${status}`).to.equal(false);
      expect(read(body, 400).filtered).to.equal(true);
    });

  it('is named by the words of an error in a good status, unless that names another', () => {
    const filtered = (error: object) => O.map((found: UpstreamError) => found.filtered)(errorIn({ error }, false));
    expect(filtered({ message: 'Blocked: PROHIBITED_CONTENT' })).to.deep.equal(O.some(true));
    expect(filtered({ message: 'content_filter failed', code: 503 })).to.deep.equal(O.some(false));
    expect(filtered({ message: 'content_filter failed', type: 'overloaded_error' })).to.deep.equal(O.some(false));
  });

  it('is not named by a word that only begins as its own, where the status says that it failed', () => {
    for (const code of ['content_filter_error', 'sensitive_words_detected', 'moderation_blocked']) {
      for (const status of [400, 403, 451]) expect(read({ error: { code } }, status).filtered, code).to.equal(true);
      for (const status of [408, 429, 500, 503])
        expect(read({ error: { code } }, status).filtered, code).to.equal(false);
    }
    expect(read({ error: { code: 'content_filter' } }, 500).filtered).to.equal(true);
    for (const code of [
      'content_filter_unavailable',
      'safety_timeout',
      'content_filter_timed_out',
      'moderation_error',
    ]) {
      expect(read({ error: { code } }, 400).filtered, code).to.equal(false);
    }
  });

  it('is not named by words about content', () => {
    expect(read({ error: { message: 'content must be a string; safety first', type: 'x' } }).filtered).to.equal(false);
  });
});

describe('another proxy’s error', () => {
  const marker = '<!-- oai-proxy-error -->';
  const whole = `### **Proxy error (HTTP 429 Too Many Requests)**\n\nThe proxy was rate limited.\n\n${marker}`;
  const text = '### **Proxy error (HTTP 429 Too Many Requests)**\n\nThe proxy was rate limited.';

  it('is named by its header fields', () => {
    expect(
      proxyErrorInHeaders({ 'x-oai-proxy-error': 'Proxy error', 'x-oai-proxy-error-status': '503' }),
    ).to.deep.equal(O.some(said('Proxy error', { status: O.some(503) })));
    expect(proxyErrorInHeaders({ 'x-oai-proxy-error': 'Proxy error' })).to.deep.equal(O.some(said('Proxy error')));
    expect(proxyErrorInHeaders({ 'x-oai-proxy-error-status': '503' })).to.deep.equal(O.none);
  });

  it('is known by the marker at its end, in an event too', () => {
    expect(proxyErrorInText(whole)).to.deep.equal(O.some(said(text, { status: O.some(429) })));
    expect(markedError(`${whole}\n`)).to.deep.equal(O.some(said(text, { status: O.some(429) })));
    expect(markedError(`Something else. ${marker}`)).to.deep.equal(O.some(said('Something else.')));
  });

  for (const [own, status] of [
    ['**Proxy error (HTTP 404 Not Found)**\nThe proxy encountered an error.', O.some(404)],
    ['### **Proxy queue error**\n\nYour request was killed.', O.none],
    ["Error code: 429 - {'error': {'message': 'x'}}", O.some(429)],
    ['AxiosError: Request failed with status code 502', O.some(502)],
    ['upstream connect error or disconnect/reset before headers. reset reason: overflow', O.none],
  ] as const) {
    it(`is known by all of its text: ${own.slice(0, 40)}`, () => {
      const error = proxyErrorInText(`\n${own}\n`);
      expect(O.isSome(error) && error.value.status).to.deep.equal(status);
      expect(markedError(own)).to.deep.equal(O.none);
    });
  }

  for (const prose of [
    '',
    'Hello',
    '502 Bad Gateway',
    `The marker is ${marker}, as you see.`,
    'Look: **Proxy error (HTTP 404 Not Found)**',
    'It said: Request failed with status code 502',
    'Request failed with status code 502, so I tried again.',
    "Error code: 429 - {'error': 1} is what I got.",
    '**Proxy errors** are a nuisance.',
    `**Proxy error (HTTP 404 Not Found)**\n${'A long story. '.repeat(400)}`,
  ]) {
    it(`is not what a model may say: ${prose.slice(0, 40)}`, () => {
      expect(proxyErrorInText(prose)).to.deep.equal(O.none);
    });
  }
});
