import { expect } from 'chai';
import * as O from 'fp-ts/lib/Option.js';
import { problemsOf, settingsOf } from './decoded.js';

const keyOf = (text: string, env = {}) => settingsOf(`target_proxy:\n${text}`, env).target.apiKey;

describe('config: settings', () => {
  it('are all there, with defaults, for a config that says nothing', () => {
    expect(settingsOf('target_proxy: {}')).to.deep.equal({
      server: {
        host: '127.0.0.1',
        port: 8484,
        allowedHosts: ['localhost', 'host.docker.internal'],
        bodyLimitBytes: 104_857_600,
        heldBytes: 67_108_864,
        trustedProxies: [],
        cors: [],
        maxInFlight: 256,
        writeTimeoutMs: 120_000,
      },
      target: {
        name: 'target',
        url: 'demo',
        apiKey: O.none,
        headers: {},
        verifyTls: true,
        timeouts: {
          connectMs: 10_000,
          headersMs: 120_000,
          headersWholeMs: 600_000,
          firstContentMs: 180_000,
          idleMs: 60_000,
          totalMs: 1_800_000,
        },
        replyLimitBytes: 33_554_432,
      },
      retry: {
        retryCodes: new Set(),
        failCodes: new Set(),
        maxRetries: 3,
        timeoutRetries: 1,
        baseMs: 1000,
        factor: 2,
        maxDelayMs: 60_000,
        deadlineMs: 120_000,
        jitter: true,
        retryFiltered: 0,
      },
      streaming: { commit: 'first_content', onBreak: 'error', maxContinues: 3, keepalive: 'off' },
      stages: [],
      models: { ttlMs: 60_000, fallback: [] },
      logging: { level: 'info', format: 'auto' },
    });
  });

  it("come from the user's two sections alone", () => {
    const { target, retry } = settingsOf(`
target_proxy:
  url: "https://target-proxy.example.com"
  timeout: 30
  max_retries: 3
  retry_delay: 1
  retry_backoff: 2
error_handling:
  retry_codes: [429, 502, 503, 504]
  fail_codes: [400, 401, 403]
  max_retries: 3
  base_delay: 1
  max_delay: 60
`);
    expect(target.url).to.equal('https://target-proxy.example.com');
    expect(target.timeouts).to.include({
      connectMs: 10_000,
      headersMs: 30_000,
      headersWholeMs: 30_000,
      idleMs: 30_000,
    });
    expect(retry.retryCodes).to.deep.equal(new Set([429, 502, 503, 504]));
    expect(retry.failCodes).to.deep.equal(new Set([400, 401, 403]));
    expect(retry).to.include({ maxRetries: 3, baseMs: 1000, factor: 2, maxDelayMs: 60_000 });
  });

  it('take every key', () => {
    const settings = settingsOf(`
server: { host: 0.0.0.0, port: 0, allowed_hosts: [My-Box], body_limit: 1MiB, held_bytes: 2MiB, trusted_proxies: [10.0.0.0/8, '::1'], cors: ['https://Chat.Example/'], max_in_flight: 9, write_timeout: 3 }
target_proxy:
  url: http://a.example/v1/
  api_key: sk-1
  headers: { X-Title: "My chats" }
  verify_tls: false
  timeouts: { connect: 1, headers: 2, headers_whole: 3, first_content: 4, idle: 5, total: 6 }
  retry_backoff: 1.5
  reply_limit: 3MiB
error_handling:
  max_retries: 7
  timeout_retries: 2
  base_delay: 500ms
  max_delay: 2m
  deadline: 1h
  jitter: false
  retry_filtered: 1
streaming: { commit: complete, on_break: continue, max_continues: 1, keepalive: comments }
models: { ttl: 0, fallback: [m1, m2] }
stages: [{ use: ./mine.js, with: { a: 1 }, timeout: 2 }]
logging: { level: debug, format: json }
`);
    expect(settings).to.deep.equal({
      server: {
        host: '0.0.0.0',
        port: 0,
        allowedHosts: ['my-box'],
        bodyLimitBytes: 2 ** 20,
        heldBytes: 2 ** 21,
        trustedProxies: ['10.0.0.0/8', '::1'],
        cors: ['https://chat.example'],
        maxInFlight: 9,
        writeTimeoutMs: 3000,
      },
      target: {
        name: 'target',
        url: 'http://a.example/v1',
        apiKey: O.some('sk-1'),
        headers: { 'x-title': 'My chats' },
        verifyTls: false,
        timeouts: {
          connectMs: 1000,
          headersMs: 2000,
          headersWholeMs: 3000,
          firstContentMs: 4000,
          idleMs: 5000,
          totalMs: 6000,
        },
        replyLimitBytes: 3 * 2 ** 20,
      },
      retry: {
        retryCodes: new Set(),
        failCodes: new Set(),
        maxRetries: 7,
        timeoutRetries: 2,
        baseMs: 500,
        factor: 1.5,
        maxDelayMs: 120_000,
        deadlineMs: 3_600_000,
        jitter: false,
        retryFiltered: 1,
      },
      streaming: { commit: 'complete', onBreak: 'continue', maxContinues: 1, keepalive: 'comments' },
      stages: [{ use: './mine.js', options: { a: 1 }, timeoutMs: 2000 }],
      models: { ttlMs: 0, fallback: ['m1', 'm2'] },
      logging: { level: 'debug', format: 'json' },
    });
  });

  describe('timeout', () => {
    it('sets the waits for silence, and nothing else', () => {
      expect(settingsOf('target_proxy: { timeout: 5 }').target.timeouts).to.deep.equal({
        connectMs: 5000,
        headersMs: 5000,
        headersWholeMs: 5000,
        firstContentMs: 180_000,
        idleMs: 5000,
        totalMs: 1_800_000,
      });
    });

    it('sets connect to at most 10 seconds', () => {
      expect(settingsOf('target_proxy: { timeout: 11 }').target.timeouts.connectMs).to.equal(10_000);
    });

    it('gives way to each entry of timeouts', () => {
      const { timeouts } = settingsOf('target_proxy: { timeout: 30, timeouts: { connect: 20, idle: 5 } }').target;
      expect(timeouts).to.include({ connectMs: 20_000, idleMs: 5000, headersMs: 30_000, headersWholeMs: 30_000 });
    });
  });

  describe("the target's own retries", () => {
    it('win over those of error_handling', () => {
      const { retry } = settingsOf(`
target_proxy: { max_retries: 0, retry_delay: 0, retry_backoff: 3 }
error_handling: { max_retries: 9, base_delay: 9 }
`);
      expect(retry).to.include({ maxRetries: 0, baseMs: 0, factor: 3 });
    });

    it('leave the others as they are where they are not written', () => {
      const { retry } = settingsOf('error_handling: { max_retries: 9, base_delay: 9 }');
      expect(retry).to.include({ maxRetries: 9, baseMs: 9000, factor: 2 });
    });
  });

  describe('rules that join keys', () => {
    it('refuse a code in both lists', () => {
      expect(problemsOf('error_handling:\n  retry_codes: [429, 503]\n  fail_codes: [400, 503]\n')).to.deep.equal([
        'c.yaml:3:21: error_handling.fail_codes[1]: expected a code that is not in retry_codes too',
      ]);
    });

    it('refuse a first wait above the longest, at the key that sets it', () => {
      const says = 'expected a first wait that is not longer than error_handling.max_delay';
      const cases = {
        'target_proxy: { retry_delay: 61 }': `c.yaml:1:30: target_proxy.retry_delay: ${says}`,
        'error_handling: { base_delay: 61 }': `c.yaml:1:31: error_handling.base_delay: ${says}`,
        'error_handling: { max_delay: 500ms }': `c.yaml:1:30: error_handling.max_delay: ${says}`,
        'error_handling: { base_delay: 3, max_delay: 2 }': `c.yaml:1:31: error_handling.base_delay: ${says}`,
      };
      for (const [text, problem] of Object.entries(cases)) expect(problemsOf(text), text).to.deep.equal([problem]);
      expect(problemsOf('error_handling: { base_delay: 2, max_delay: 2 }')).to.deep.equal([]);
    });

    it('are reported along with everything else', () => {
      const problems = problemsOf(
        `
server: { port: "\${PORT}" }
target_proxy: { api_key: sk-1, api_key_file: key.txt, retry_delay: 9 }
error_handling: { retry_codes: [429], fail_codes: [429], max_delay: 5, jitter: perhaps }
`,
      );
      expect(problems.map((line) => line.split(': ')[1])).to.deep.equal([
        'server.port',
        'target_proxy.api_key_file',
        'target_proxy.retry_delay',
        'error_handling.fail_codes[0]',
        'error_handling.jitter',
      ]);
    });

    it('do not compare a default with what was only misread', () => {
      expect(problemsOf('error_handling: { base_delay: 90, max_delay: 2mm }')).to.have.length(1);
      expect(problemsOf('error_handling: { base_delay: 90, max_dely: 200 }')).to.have.length(1);
      expect(problemsOf('error_handling: { base_delai: 0, max_delay: 0 }')).to.have.length(1);
    });
  });

  describe('the key', () => {
    it('is what stands in api_key, and none where that is empty', () => {
      expect(keyOf('  api_key: sk-1')).to.deep.equal(O.some('sk-1'));
      expect(keyOf('  api_key: ""')).to.deep.equal(O.none);
      expect(keyOf(`  api_key: \${TARGET_KEY:-}`)).to.deep.equal(O.none);
      expect(keyOf(`  api_key: \${TARGET_KEY:-}`, { TARGET_KEY: 'sk-2' })).to.deep.equal(O.some('sk-2'));
    });

    it('is what the file holds, trimmed', () => {
      expect(keyOf('  api_key_file: key.txt')).to.deep.equal(O.some('sk-from-file'));
      expect(keyOf('  api_key: ""\n  api_key_file: key.txt')).to.deep.equal(O.some('sk-from-file'));
      expect(keyOf('  api_key_file: ""')).to.deep.equal(O.none);
    });

    it('is reported where the file cannot be read, or holds none', () => {
      const place = 'c.yaml:2:17: target_proxy.api_key_file';
      const told = (file: string) => problemsOf(`target_proxy:\n  api_key_file: ${file}\n`);
      expect(told('none.txt')).to.deep.equal([
        `${place}: expected a file that can be read; /etc/none.txt does not exist`,
      ]);
      expect(told('empty.txt').join()).to.include(`${place}: expected a file that holds a key`);
      expect(told('two-lines.txt').join())
        .to.include(`${place}: expected a file that holds a key`)
        .and.not.include('sk-');
    });

    it('is never shown, where it stands in place of the path of its file', () => {
      const keys = ['sk-sekret', 'gsk_sekret', '0123456789sekretsekret', '"Bearer sekret"'];
      for (const key of keys) {
        expect(problemsOf(`target_proxy:\n  api_key_file: ${key}\n`), key).to.deep.equal([
          'c.yaml:2:17: target_proxy.api_key_file: expected the path of a file; a key itself belongs in api_key',
        ]);
      }
    });

    it('is reported where it came with what stood around it', () => {
      const place = 'c.yaml:2:12: target_proxy.api_key: expected a key alone, without ';
      const told = (key: string) => problemsOf(`target_proxy:\n  api_key: \${KEY}\n`, { KEY: key }).join();
      expect(told('Bearer sekret')).to.equal(`${place}the word Bearer before it: that is added where it is sent`);
      for (const text of ['OPENAI_API_KEY=sekret', 'export KEY=sekret', 'key=sekret'])
        expect(told(text), text).to.equal(`${place}a name and = before it`);
      for (const text of ['Authorization: Bearer sekret', 'x-api-key:sekret'])
        expect(told(text), text).to.equal(`${place}the name of a header field before it`);
      for (const text of ['"sekret"', "'sekret'"]) expect(told(text), text).to.equal(`${place}quotes around it`);
      expect(problemsOf('target_proxy:\n  api_key_file: bearer.txt\n').join()).to.match(
        /api_key_file: expected a file that holds a key alone, without the word Bearer before it/,
      );
    });

    it('may end as base64 does, and may begin as the word Bearer does', () => {
      for (const key of ['c2VrcmV0==', 'QUJD=', 'Bearer-1', 'a:b', 'a=']) {
        expect(keyOf(`  api_key: "${key}"`), key).to.deep.equal(O.some(key));
      }
    });

    it('is reported where its variable is empty, unless that is written to be meant', () => {
      const told = (text: string) => problemsOf(`target_proxy:\n${text}\n`, { KEY: '', TITLE: '' });
      const says = `the environment variable KEY is empty; write \${KEY:-} if it may be`;
      expect(told(`  api_key: \${KEY}`)).to.deep.equal([`c.yaml:2:12: target_proxy.api_key: ${says}`]);
      expect(told(`  api_key_file: \${KEY}`)).to.deep.equal([`c.yaml:2:17: target_proxy.api_key_file: ${says}`]);
      expect(told(`  headers: { authorization: "Bearer \${KEY}" }`)).to.deep.equal([
        `c.yaml:2:29: target_proxy.headers.authorization: ${says}`,
      ]);
      expect(told(`  api_key: \${KEY:-}`)).to.deep.equal([]);
      for (const name of ['x-title', 'x-author', 'x-max-tokens'])
        expect(told(`  headers: { ${name}: "\${TITLE}" }`), name).to.deep.equal([]);
    });

    it('has one place', () => {
      expect(problemsOf('target_proxy:\n  api_key: sk-1\n  api_key_file: key.txt\n')).to.deep.equal([
        'c.yaml:3:17: target_proxy.api_key_file: expected either api_key or api_key_file, not both',
      ]);
    });
  });

  it('name where a key belongs that stands in another section', () => {
    const problems = {
      'server:\n  timeout: 30': 'server.timeout: this key belongs in target_proxy; known here: host, ',
      'target_proxy:\n  retry_codes: [418]':
        'target_proxy.retry_codes: this key belongs in error_handling; known here: url, ',
      'server:\n  max_retries: 3':
        'server.max_retries: this key belongs in target_proxy or in error_handling; known here: host, ',
      'target_proxy:\n  headers_whole: 3':
        'target_proxy.headers_whole: this key belongs in target_proxy.timeouts; known here: url, ',
      'logging:\n  streaming: {}':
        'logging.streaming: this key belongs at the top level, without blanks before it; known here: level, ',
    };
    expect(problemsOf('server:\n  use: ./a.js').join()).to.include(
      'server.use: this key belongs in an entry of stages;',
    );
    for (const [text, says] of Object.entries(problems))
      expect(problemsOf(text).join(), text).to.satisfy((told: string) => told.startsWith(`c.yaml:2:3: ${says}`));
    expect(problemsOf('port: 1').join()).to.match(
      /^c\.yaml:1:1: port: this key belongs in server; known here: server, /,
    );
    expect(problemsOf('colour: 1').join()).to.match(/^c\.yaml:1:1: colour: unknown key; known here: server, /);
  });

  it('need to know which stage an entry means', () => {
    expect(problemsOf('stages:\n  - use: retry-when\n  - with: {}\n')).to.deep.equal([
      'c.yaml:3:5: stages[1]: expected a key use, which names the stage',
    ]);
  });
});
