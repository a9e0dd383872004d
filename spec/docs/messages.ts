/** The page of all messages that people read, made from the tables and functions of lib that write them. */
import { readdirSync, readFileSync } from 'node:fs';
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import type { ErrorCode } from 'yaml';
import { exposure } from '../../lib/cli/exposure.js';
import { cannotListen, greeting } from '../../lib/cli/greeting.js';
import { parse } from '../../lib/cli/options.js';
import { costs } from '../../lib/cli/stages.js';
import type { Field, Fields } from '../../lib/codecs/closed.js';
import { CONFIG } from '../../lib/config/codec.js';
import { lookup } from '../../lib/config/lookup.js';
import { findings } from '../../lib/config/report.js';
import { installDefinition, toolsOf } from '../../lib/config/stage-install.js';
import { definitionIn } from '../../lib/config/stage-module.js';
import { SYNTAX_MESSAGES } from '../../lib/config/syntax.js';
import type { Dialect } from '../../lib/core/dialect.js';
import { type BreakingOff, type Failure, type Phase, reasonOf } from '../../lib/core/failure.js';
import { type Reason, reasons, statusFor, type UpstreamReason } from '../../lib/core/reason.js';
import { sentence } from '../../lib/core/sentence.js';
import type { Warning } from '../../lib/core/warning.js';
import { dialects } from '../../lib/dialects/index.js';
import { chatBody } from '../../lib/dialects/request.js';
import { KIT } from '../../lib/kit/index.js';
import { page } from '../../lib/telemetry/page.js';
import { pretty } from '../../lib/telemetry/pretty.js';
import type { FaultRecord, LogRecord, RequestRecord } from '../../lib/telemetry/record.js';
import { statusView } from '../../lib/telemetry/status.js';
import { problemsOf } from '../config/decoded.js';
import { stageFiles } from '../config/stage-files.js';
import { bad } from '../support/events.js';
import { failures } from '../support/failures.js';
import { settings } from '../support/values.js';

/** One message: where it is read, its text, and what causes it. */
interface Row {
  readonly where: string;
  readonly text: string;
  readonly trigger: string;
}

const LIB = new URL('../../../lib/', import.meta.url);

/** The text of each file of lib, but those of the demo. */
const sources = (): readonly string[] =>
  readdirSync(LIB, { recursive: true, encoding: 'utf8' })
    .map((path) => path.replaceAll('\\', '/'))
    .filter((path) => path.endsWith('.ts') && !/^(demo|testing)\//.test(path))
    .sort()
    .map((path) => readFileSync(new URL(path, LIB), 'utf8'));

/** A failure of a try, once all tries are used up or the first was final. */
const gaveUp = (last: Exclude<Failure, { _tag: 'GaveUp' }>, reason: Reason = reasonOf(last)): Failure => {
  const isRetried = reasons[reason].retried;
  const attempts = Array.from({ length: isRetried ? 4 : 1 }, (_, i) => bad(i + 1, reason));
  return { _tag: 'GaveUp', last, rejected: !isRetried, attempts, elapsedMs: 5500 };
};

const upstreamStatus = (failure: Failure): number => {
  const last = failure._tag === 'GaveUp' ? failure.last : failure;
  return last._tag === 'BadReply' || last._tag === 'Refused' || last._tag === 'ClientError' ? last.status : 0;
};

/** The `type` of an error body in a dialect. */
const typeIn = (dialect: Dialect, reason: Reason): string => {
  const body = dialect.error({ reason, says: '', retryAfterS: O.none });
  return (body as { readonly error: { readonly type: string } }).error.type;
};

const error = (failure: Failure, trigger: string): Row => {
  const reason = reasonOf(failure);
  const [openai, anthropic] = [dialects.openai, dialects.anthropic].map((dialect) => typeIn(dialect, reason));
  const types = openai === anthropic ? openai : `${openai} (Anthropic: ${anthropic})`;
  return { where: `error ${statusFor(reason, upstreamStatus(failure))}, ${types}`, text: sentence(failure), trigger };
};

/** The reasons that a bad reply has: the upstream's status for it, and what it sent. */
const BAD_REPLIES: Readonly<Record<UpstreamReason, readonly [status: number, trigger: string] | undefined>> = {
  rate_limited: [429, 'every attempt got a 429'],
  payment_required: [402, 'the upstream says that no credit or quota is left, with 402 or another status'],
  overloaded: [503, 'every attempt got a 503 or 529'],
  upstream_error: [500, 'every attempt got another 5xx'],
  unexpected_redirect: [302, 'the upstream sent a redirect; the proxy follows none'],
  empty_reply: [200, 'every attempt got a reply without content'],
  malformed_reply: [200, 'every attempt got a reply that cannot be parsed'],
  unexpected_format: [200, 'every attempt got HTML, plain text, or JSON that is no reply'],
  error_in_reply: [200, 'every attempt got a 200 with an error in it that names no status'],
  request_timeout: [408, 'every attempt got a 408'],
  content_filtered: [200, 'a content filter took the reply away'],
  invalid_request: [400, 'the upstream answered 400, 404, 413, 422 or the like'],
  authentication_failed: [401, 'the upstream answered 401'],
  permission_denied: [403, 'the upstream answered 403'],
  // These are failures of their own, and below.
  unreachable: undefined,
  connection_broken: undefined,
  tls_failed: undefined,
  broken_off: undefined,
  timed_out: undefined,
};

const badReplies = (): readonly Row[] =>
  (Object.keys(BAD_REPLIES) as UpstreamReason[]).flatMap((reason) => {
    const [status, trigger] = BAD_REPLIES[reason] ?? [];
    if (status === undefined || trigger === undefined) return [];
    return [error(gaveUp({ ...failures.BadReply, reason, status, text: '' }, reason), trigger)];
  });

const PHASES: Readonly<Record<Phase, string>> = {
  connect: 'no attempt could connect within `timeouts.connect`',
  headers: 'the head of a stream did not arrive within `timeouts.headers`',
  headers_whole: 'the head of a reply that is not streamed did not arrive within `timeouts.headers_whole`',
  first_content: 'a stream had no content within `timeouts.first_content`',
  idle: 'nothing arrived for `timeouts.idle`, before the client had any of the reply',
  total: 'an attempt took longer than `timeouts.total`, before the client had any of the reply',
};

const BREAKS: Readonly<Record<BreakingOff, string>> = {
  reset: 'the connection broke in the middle of a stream',
  silence: 'a stream stopped for `timeouts.idle`',
  total: 'a stream took longer than `timeouts.total`',
  end: 'a stream ended without its end mark',
  error: 'an error arrived in the middle of a stream',
  thought: 'a stream ended well, with reasoning alone',
};

type OwnTag = Exclude<Failure['_tag'], 'BadReply' | 'TimedOut' | 'BrokenOff' | 'ClientError' | 'GaveUp'>;

/** The failures that have one sentence each. */
const TRIGGERS: Readonly<Record<OwnTag, readonly [of: 'tries' | 'request', trigger: string]>> = {
  Unreachable: ['tries', 'no attempt could connect; the system’s code is in brackets'],
  TlsFailed: ['tries', 'the upstream’s certificate is not valid, or it does not speak TLS'],
  Broken: ['tries', 'every connection broke before the reply was whole'],
  Malformed: ['tries', 'every reply was cut, or had a broken coding'],
  ClientGone: ['request', 'the client left; only the log says so'],
  ShuttingDown: ['request', 'the proxy was stopped, and the request did not end in the time that it had left'],
  HostNotAllowed: ['request', 'the request names a host that is not in `server.allowed_hosts`'],
  OriginNotAllowed: ['request', 'a page in a browser calls, and `server.cors` does not name its origin'],
  Looped: ['request', 'the proxy’s own request came back to it'],
  Shedding: ['request', 'no memory, place or open file is left; the brackets name the limit'],
  StageFault: ['request', 'a stage threw, took too long, or answered nonsense'],
  Unwanted: ['tries', 'a stage called `tryAgain`, and no retry is left'],
  Refused: ['request', 'a stage called `refuse`; the sentence is the stage’s own'],
};

const errors = (): readonly Row[] => [
  ...badReplies(),
  ...(Object.entries(PHASES) as [Phase, string][]).map(([phase, trigger]) =>
    error(gaveUp({ ...failures.TimedOut, phase, limitMs: 30_000 }), trigger),
  ),
  ...(Object.entries(BREAKS) as [BreakingOff, string][]).map(([by, trigger]) =>
    error({ _tag: 'BrokenOff', by }, `${trigger}, after the client had its beginning`),
  ),
  ...(Object.entries(TRIGGERS) as [OwnTag, readonly [string, string]][]).map(([tag, [of, trigger]]) =>
    error(of === 'tries' ? gaveUp(failures[tag]) : failures[tag], trigger),
  ),
];

/** The sentences about a client's mistake, as they stand in the code; `…` for what differs. */
const MISTAKES: readonly RegExp[] = [
  /clientError\(\s*(?<status>\d+),\s*(['`])(?<text>.*?)\2/g,
  /\brefused\((['`])(?<text>.*?)\1/g,
  /status: (?<status>\d{3}),\s*says: (['`])(?<text>.*?)\2/g,
  /\berror\((?<status>\d{3}), (['`])(?<text>.*?)\2/g,
  /'(?:not json|too deep)': '(?<text>.*?)'/g,
];

/** What causes each of them. A sentence that is missing here has no trigger, which a spec finds. */
const MISTAKEN_BY: Readonly<Record<string, string>> = {
  'Only HTTP/1.1 and HTTP/1.0 are spoken here.': 'a request in another version of HTTP',
  'The Transfer-Encoding of the request must be chunked alone.': 'a `transfer-encoding` other than `chunked`',
  'The request is not valid HTTP.': 'bytes that are no HTTP request',
  'The request needs exactly one Host header.': 'no `host` field, two of them, or one that is no host',
  'The body is nested too deeply.': 'JSON with too many levels',
  'The body is not valid JSON.': 'a chat whose body is not JSON',
  'There is nothing at this address.': 'a target that is no path, or a file that browsers ask for by themselves',
  'CONNECT is not served here.': 'the method CONNECT',
  'This address takes only ….': 'a method that the route does not have',
  'This address takes only GET, HEAD.': 'another method at `/`',
  'The request was not sent in time.': 'a request that stops before its end',
  'The request is longer than … bytes. Raise server.body_limit.': 'a body above `server.body_limit`',
  'This proxy does not serve that host.': 'a request line with a URL of another host',
  'The header fields of the request are too long.': 'header fields above Node’s limit',
  'The request has more than … header fields.': 'more than 100 header fields',
};

const MISTAKE = (status: number | string): string => `error ${status}, ${typeIn(dialects.openai, 'invalid_request')}`;

/** Bodies of chats with one mistake each. */
const BODIES: readonly (readonly [body: unknown, trigger: string])[] = [
  [[], 'a chat whose body is no object'],
  [{}, 'a chat without messages'],
  [{ messages: 5 }, 'messages that are no list'],
  [{ messages: [{}], model: 5 }, 'a model that is no text'],
  [{ messages: [{}], stream: 5 }, 'a `stream` that is neither true nor false'],
];

const badChats = (): readonly Row[] =>
  BODIES.flatMap(([body, trigger]) => {
    const read = chatBody(body);
    return E.isLeft(read) ? [{ where: MISTAKE(400), text: read.left, trigger }] : [];
  });

/** The literal texts in the sources that a pattern finds. */
const literals = (pattern: RegExp): readonly string[] =>
  sources().flatMap((source) => [...source.matchAll(pattern)].map(({ groups = {} }) => String(groups.text)));

/** The ways in which a hook's answer can be wrong, as they stand in the code. */
const nonsense = (): readonly Row[] =>
  literals(/(?:\bwrong\(|\bfault\(stage, hook, )(['`])(?<text>.*?)\1\)/g).map((how) =>
    error(
      {
        ...failures.StageFault,
        stage: 'mine',
        why: `${how
          .replace(/\$\{stage\.timeoutMs.*?\}/, '10')
          .replace(/\$\{did\}/, 'answered')
          .replace(/\$\{.*?\}/g, '…')} at request`,
      },
      'a hook’s answer is wrong; the last word is the hook',
    ),
  );

const mistakes = (): readonly Row[] => {
  const rows = sources().flatMap((source) =>
    MISTAKES.flatMap((pattern) =>
      [...source.matchAll(pattern)].map(({ groups = {} }): Row => {
        const text = String(groups.text).replace(/\$\{.*?\}/g, '…');
        return { where: MISTAKE(groups.status ?? 400), text, trigger: MISTAKEN_BY[text] ?? '' };
      }),
    ),
  );
  return [...new Map(rows.map((row) => [row.where + row.text, row])).values()].sort((a, b) =>
    a.where < b.where ? -1 : 1,
  );
};

const WARNINGS: Readonly<Record<Warning, string>> = {
  reply_too_long_to_judge: 'a reply was longer than `reply_limit`',
  opened_without_content: '256 KiB of a stream had no content',
  cut_while_thinking: 'a reply has reasoning alone, and ended at the token limit',
  event_dropped: 'an event in the middle of a stream cannot be parsed',
  asked_to_go_on: 'a stream broke, and `on_break` is `continue`',
  surplus_bytes: 'bytes followed a reply on a kept connection',
  stale_models: 'the upstream gave no list of models, and an older one is kept',
  models_not_kept: 'writing the list of models to the state folder failed',
};

const warnings = (): readonly Row[] =>
  (Object.entries(WARNINGS) as [Warning, string][]).map(([warning, trigger]) => ({
    where: 'log, warning',
    text: pretty({ event: 'warning', id: 'id', warning }),
    trigger,
  }));

const subject = { id: 'id', method: 'POST', path: '/v1/chat/completions', model: 'gpt-4o' } as const;
const failedRecord = {
  number: 1,
  target: 'target',
  status: 503,
  reason: 'overloaded',
  duration_ms: 900,
  hint_ms: null,
  wait_ms: null,
} as const;
const fault: FaultRecord = { stage: 'mine', place: 'reply', at: 'mine.js:3', says: 'TypeError: x is not iterable' };
const ended: RequestRecord = {
  ...subject,
  event: 'request',
  client: null,
  status: 200,
  reason: null,
  says: null,
  duration_ms: 2700,
  attempts: [failedRecord, { ...failedRecord, number: 2, status: 200, reason: null }],
};
const inForce = { upstream: 'api.example.com', config: '/etc/seaking-proxy/proxy.config.yaml' };
const reloaded = {
  event: 'reloaded',
  generation: 2,
  stages: ['mine'],
  stage_imports: 'kept_until_restart',
  needs_restart: ['server.port'],
  ...inForce,
} as const;

type Line = Exclude<LogRecord['event'], 'started' | 'warning'>;

/** An example of each line, which takes its record's type: a line without one does not compile. */
const LINES: { readonly [K in Line]: readonly [Extract<LogRecord, { event: K }>, trigger: string] } = {
  retry: [
    {
      ...subject,
      event: 'retry',
      target: 'target',
      status: 429,
      reason: 'rate_limited',
      try: 2,
      of: 4,
      wait_ms: 22_000,
      asked: true,
    },
    'an attempt failed, and the proxy decided to retry; "(asked for)": the upstream asked for the wait',
  ],
  request: [ended, 'a request ended; the outcomes of its attempts stand at the end'],
  reloaded: [reloaded, 'SIGHUP: the new config is in force'],
  reload_failed: [
    { event: 'reload_failed', problems: ['proxy.config.yaml:2:8: target_proxy.url: expected …'] },
    'SIGHUP: the new config has a problem',
  ],
  stopping: [{ event: 'stopping', in_flight: 2 }, 'SIGINT or SIGTERM'],
  stopped: [{ event: 'stopped' }, 'all requests have ended after SIGINT or SIGTERM'],
  stage_failed: [{ event: 'stage_failed', id: 'id', ...fault }, 'a stage’s `finished` threw or took too long'],
  stage_log: [
    { event: 'stage_log', id: 'id', stage: 'mine', message: 'used 312 tokens' },
    'a stage called `tools.log`',
  ],
  uncaught_error: [
    { event: 'uncaught_error', at: 'mine.js:7', says: 'Error: late' },
    'code threw in a timer or in a promise that nothing awaits',
  ],
  lines_dropped: [{ event: 'lines_dropped', lines: 12 }, 'the reader of the log is too slow'],
};

const lines = (): readonly Row[] =>
  Object.values(LINES).map(([record, trigger]) => ({ where: 'log', text: pretty(record as LogRecord), trigger }));

/** Each key of the config with a value that it cannot take. */
const refusals = (fields: Fields, prefix = ''): readonly (readonly [says: string, key: string])[] =>
  Object.entries(fields).flatMap(([key, field]: [string, Field]) => {
    const name = prefix + key;
    // No key takes a function, and no config can hold one.
    const read = field.codec.validate(() => {}, [{ key: '', type: field.codec }]);
    const own = E.isLeft(read) ? findings(read.left).map(({ says }) => [says, name] as const) : [];
    return 'fields' in field ? [...own, ...refusals(field.fields, `${name}.`)] : own;
  });

const grouped = (all: readonly (readonly [says: string, key: string])[], where: string): readonly Row[] => {
  const keys = new Map<string, readonly string[]>();
  for (const [says, key] of all) keys.set(says, [...(keys.get(says) ?? []), `\`${key}\``]);
  return [...keys].map(([text, names]) => ({
    where,
    text,
    trigger: `any other value of ${[...new Set(names)].join(', ')}`,
  }));
};

/** Configs with one mistake each, which no single key's codec finds. */
const MISTAKEN: readonly (readonly [config: string, trigger: string])[] = [
  ['servr: {}', 'a key that does not exist'],
  ['url: https://a.example', 'a key in the wrong section'],
  ['- a', 'a file that is not a map'],
  [`target_proxy: { url: '\${NO_SUCH}' }`, 'a variable that is not in the environment'],
  [`target_proxy: { api_key: '\${EMPTY}' }`, 'an empty variable for a key'],
  [`target_proxy: { url: '\${' }`, 'a `$` and a brace that begin no variable'],
  ['target_proxy: { url: api.example.com }', 'a URL without https://'],
  ["target_proxy: { url: 'https://me:pw@a.example' }", 'a URL with a password'],
  ["target_proxy: { url: 'https://a.example/?x=1' }", 'a URL with a query'],
  ["target_proxy: { url: 'https://a example' }", 'a URL with a space'],
  ["target_proxy: { url: 'https://a:b' }", 'a URL whose host cannot exist'],
  ["target_proxy: { api_key: 'Bearer sk-1' }", 'a key with the word Bearer'],
  ["target_proxy: { api_key: 'KEY=sk-1' }", 'a key with its name'],
  ["target_proxy: { api_key: 'x-api-key: sk-1' }", 'a key with a header field’s name'],
  ['target_proxy: { api_key: \'"sk-1"\' }', 'a key in quotes'],
  ['target_proxy: { api_key: sk-1, api_key_file: key.txt }', 'both `api_key` and `api_key_file`'],
  ['target_proxy: { api_key_file: none.txt }', 'a key file that cannot be read'],
  ['target_proxy: { api_key_file: empty.txt }', 'a key file without a key'],
  ['target_proxy: { api_key_file: sk-0123456789 }', 'a key in place of a file’s path'],
  ['error_handling: { retry_codes: [500], fail_codes: [500] }', 'a status in both lists'],
  ['error_handling: { base_delay: 90 }', 'a first wait longer than the longest'],
  ["target_proxy: { headers: { 'a b': x } }", 'a header field with an impossible name'],
  ['target_proxy: { headers: { host: x } }', 'a header field that the proxy sets'],
  ["target_proxy: { headers: { a: x, A: 'y' } }", 'a header field given twice'],
  ['stages: [{}]', 'an entry of `stages` without `use`'],
];

const ENV = { EMPTY: '' };
const withoutPlace = (line: string): string => line.replace(/^c\.yaml:\d+:\d+: /, '');

const config = (): readonly Row[] => [
  ...grouped(refusals(CONFIG), 'config'),
  ...MISTAKEN.flatMap(([text, trigger]) =>
    problemsOf(text, ENV).map((line) => ({ where: 'config', text: withoutPlace(line), trigger })),
  ),
  ...(Object.entries(SYNTAX_MESSAGES) as [ErrorCode, string][]).map(([code, text]) => ({
    where: 'config, syntax',
    text,
    trigger: `YAML: ${code.toLowerCase().replaceAll('_', ' ')}`,
  })),
];

const hook = () => {};

/** What modules of stages export, with one mistake each. */
const EXPORTED: readonly (readonly [exported: unknown, trigger: string])[] = [
  [5, 'a file that exports no stage'],
  [{ name: 'mine', make: hook, maek: 1 }, 'a stage with an unknown key'],
  [{ name: 'My Stage', make: hook }, 'a stage with an impossible name'],
  [{ name: 'mine' }, 'a stage without `make`'],
  [{ name: 'mine', make: hook, options: 5 }, 'options that are no codec'],
];

/** What `make` gives, with one mistake each. */
const MADE: readonly (readonly [make: () => unknown, trigger: string])[] = [
  [() => 5, 'a `make` that returns no object'],
  [() => ({}), 'a `make` that returns no hook'],
  [() => ({ resposne: hook }), 'an unknown hook'],
  [() => ({ reply: 5 }), 'a hook that is not a function'],
  [() => ({ reply: hook, needs: 5 }), '`needs` that is neither'],
  [async () => ({ reply: hook }), 'a `make` that is asynchronous'],
  [
    () => {
      throw new TypeError('no');
    },
    'a `make` that throws',
  ],
];

const placed = { at: 0, entry: { use: './mine.js', options: {}, timeoutMs: 10_000 } };
const tools = toolsOf('mine', { now: () => 0, random: () => 0, emit: hook });

const stages = (): readonly Row[] => [
  ...EXPORTED.flatMap(([exported, trigger]) => {
    const made = definitionIn(exported);
    return E.isLeft(made) ? [{ where: 'config, stages', text: made.left, trigger }] : [];
  }),
  ...MADE.flatMap(([make, trigger]) => {
    const made = installDefinition({ name: 'mine', make: make as never }, placed, tools);
    const found = E.isLeft(made) ? made.left : [];
    // The line differs from compiler to compiler.
    return found.map(({ says }) => ({
      where: 'config, stages',
      text: says.replace(/ \(messages\.[jt]s:\d+\)/, ''),
      trigger,
    }));
  }),
  ...literals(/\bflaw\((['`])(?<text>[^'`]*)\1/g).map((text) => ({
    where: 'config, stages',
    text,
    trigger: 'options of a built-in stage that do not fit together',
  })),
  ...grouped(
    KIT.flatMap(({ definition, fields }) => refusals(fields, `${definition.name}: `)),
    'config, stages',
  ),
];

/** Files of stages, and the entries that name them, with one mistake each. */
const FILES: Readonly<Record<string, string>> = {
  'broken.js': 'export default {',
  'promise.js': 'export default Promise.resolve({});',
  'class.js': 'export default class {}',
  'a.js': "export default { name: 'mine', make: () => ({ request: (e) => e }) };",
  'b.js': "export default { name: 'mine', make: () => ({ reply: (e) => e }) };",
  'kit.js': "export default { name: 'headers', make: () => ({ reply: (e) => e }) };",
  'refuses.js': "export default { name: 'c', make: () => { throw new Error('the option most is too high'); } };",
};

const ENTRIES: readonly (readonly [use: string, trigger: string])[] = [
  ['retry-wen', 'a name that no stage and no package has'],
  ['node:fs', 'a module of Node in place of a stage'],
  ['https://a.example/mine.js', 'a URL in place of a stage'],
  ['./none.js', 'a file that does not exist'],
  ['./broken.js', 'a file that is not JavaScript'],
  ['./promise.js', 'a file that exports a promise'],
  ['./class.js', 'a file that exports a class'],
  ['./kit.js', 'a stage with the name of a built-in one'],
  ['./refuses.js', 'a `make` that throws an Error; the text is the stage’s own'],
  ['./a.js\n    with: { x: 1 }', 'options for a stage that takes none'],
  ['./a.js\n  - use: ./b.js', 'two stages of one name'],
];

const files = async (): Promise<readonly Row[]> => {
  const { write, problems, remove } = stageFiles();
  for (const [name, text] of Object.entries(FILES)) write(name, text);
  const found: Row[] = [];
  for (const [use, trigger] of ENTRIES) {
    const [text = ''] = await problems(`  - use: ${use}\n`);
    found.push({ where: 'config, stages', text: withoutPlace(text).replace(/^stages\[\d\]\.\w+: /, ''), trigger });
  }
  remove();
  return found;
};

const usage = (argv: readonly string[]): string => {
  const parsed = parse(argv);
  return E.isLeft(parsed) ? `seaking-proxy: ${parsed.left}` : '';
};

const START = { port: 8484, pid: 4321 };
const address = { host: '127.0.0.1', port: 8484 };

const commandLine = (): readonly Row[] => {
  const real = settings('https://api.example.com/v1');
  const loaded = { settings: real, stages: [], file: '/etc/seaking-proxy/proxy.config.yaml' };
  const open = {
    server: { ...real.server, host: '0.0.0.0' },
    target: { ...real.target, apiKey: O.some('sk-1') },
  };
  const missing = lookup(O.none, {}, () => false);
  const cwd = process.cwd();
  return [
    ...greeting(loaded, START)
      .trimEnd()
      .split('\n')
      .map((text) => ({ where: 'terminal', text, trigger: 'the start' })),
    ...costs([{ label: 'mine', timeoutMs: 10_000, hooks: { reply: (e) => e, needs: 'whole' } }]).map((text) => ({
      where: 'terminal',
      text,
      trigger: '`check` and `stages`, if a stage has `needs`',
    })),
    ...exposure(open).map((text) => ({
      where: 'terminal',
      text,
      trigger: 'other machines can reach the port, and the config has a key',
    })),
    ...['EADDRINUSE', 'EACCES', 'EADDRNOTAVAIL'].map((code) => ({
      where: 'stderr, exit code 69',
      text: cannotListen(address, code).trimEnd(),
      trigger: code,
    })),
    ...(
      [
        [['chek'], 'an unknown command'],
        [['run', 'demo'], 'two commands'],
        [['--list'], '`--list` without demo'],
        [['--port', 'x'], 'a port that is none'],
        [['--host='], 'an option without its value'],
      ] as const
    ).map(([argv, trigger]) => ({ where: 'stderr, exit code 64', text: usage(argv), trigger })),
    ...(E.isLeft(missing)
      ? [
          {
            where: 'stderr, exit code 78',
            text: missing.left.says.replace(`${cwd}/`, './'),
            trigger: 'no config is found',
          },
        ]
      : []),
  ];
};

/** The sentences of the page at `/`. */
const onPage = (): readonly Row[] => {
  const report = statusView({ version: '0.1.0', now: () => 0, wallClock: () => 0 }).report();
  const last_failure = { at: '2026-01-02T03:04:05.000Z', reason: 'rate_limited', status: 429 } as const;
  const busy = { ...report, requests: 40, success_rate: 0.98, last_failure, config_problems: ['…'] };
  const paragraphs = [
    page('http://localhost:8484/v1', busy, true),
    page('http://localhost:8484/v1', busy, false),
  ].flatMap((html) => [...html.matchAll(/<p>(.*?)<\/p>/g)].map(([, text]) => String(text).replace(/<.*?>/g, '')));
  return [...new Set(paragraphs)].map((text) => ({ where: 'page', text, trigger: 'a browser asks for `/`' }));
};

const cell = (text: string): string => text.replaceAll('|', '\\|').replaceAll('\n', '<br>').replaceAll(/ {2,}/g, ' ');
/** As code, so that a message with `<` or `*` shows as it is; one of several lines is shown line by line. */
const code = (text: string): string =>
  text
    .split('\n')
    .map((line) => `\`${line.includes('`') ? line.replaceAll('`', "'") : line.trim()}\``)
    .join('\n');

/** The rows of the page. */
export const rows = async (): Promise<readonly Row[]> => [
  ...errors(),
  ...nonsense(),
  ...mistakes(),
  ...badChats(),
  ...lines(),
  ...warnings(),
  ...commandLine(),
  ...onPage(),
  ...config(),
  ...stages(),
  ...(await files()),
];

/** docs/messages.md. */
export const messages = async (): Promise<string> =>
  [
    '<!-- Made from lib by spec/docs/messages.ts. After a change there: npm run build && UPDATE_DOCS=1 npx mocha -->',
    '# Messages',
    '',
    'Every message that a person reads, and what causes it. The text of an error is in the body, in the status line, and in the log. Numbers, names and codes are examples; `…` stands for what differs.',
    '',
    '- **error**: the status that the client gets, and the type of the error. After a refusal, the upstream’s own text follows the sentence.',
    '- **log**: a line of the log on a terminal. In the JSON log, the same facts are fields.',
    '- **config**: a problem of the config, after its file, line, column and key. `seaking-proxy check`, the start and a reload report it.',
    '- **terminal**, **stderr**: a line that the program prints itself.',
    '- **page**: the page at `/`, for people who open the proxy’s address in a browser.',
    '',
    '| Where | Message | Trigger |',
    '|---|---|---|',
    ...(await rows()).map(({ where, text, trigger }) => `| ${where} | ${cell(code(text))} | ${cell(trigger)} |`),
    '',
  ].join('\n');
