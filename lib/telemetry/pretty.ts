/** A record of the log for people: `✓ gpt-4o 200  3 attempts 4.1 s  429 → 503 → ok`. */
import { placed } from '../core/thrown.js';
import type { Warning } from '../core/warning.js';
import {
  type AttemptRecord,
  type FaultRecord,
  type LogRecord,
  levelOf,
  type RequestRecord,
  type RetryRecord,
} from './record.js';

const WARNINGS: Readonly<Record<Warning, string>> = {
  reply_too_long_to_judge: 'A reply was longer than target_proxy.reply_limit. It was passed on without being judged.',
  opened_without_content:
    'A stream began with a lot of data and no content. It was passed on before it could be judged.',
  cut_while_thinking: 'The token limit ended a reply while the model was still thinking. Raise max_tokens.',
  event_dropped: 'An event that SillyTavern cannot read was left out of a stream.',
  asked_to_go_on: 'A stream broke off. The upstream was asked to continue it.',
  surplus_bytes:
    'The upstream sent bytes that nobody asked for. Until the next start, each of its connections is used only once.',
  stale_models: 'The upstream did not list its models. The client got an older list.',
  models_not_kept: 'The list of models could not be written to disk.',
};

const time = (ms: number): string => {
  if (ms < 1000) return `${ms} ms`;
  return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
};

const MARKS = { info: '·', warn: '✗', error: '✗' } as const;

/** The reason why a try failed, in a word: the upstream's status if it is an error's. */
const label = ({ status, reason }: Pick<AttemptRecord, 'status' | 'reason'>): string =>
  status !== null && status >= 400 ? `${status}` : `${reason}`;

/** The outcomes of the tries, one by one, and at last that of the request. */
const steps = ({ attempts, reason }: RequestRecord): readonly string[] => {
  const last = attempts.at(-1);
  const shown = last === undefined || last.reason === null || last.reason === reason ? attempts.slice(0, -1) : attempts;
  return [...shown.map(label), reason ?? 'ok'];
};

const subject = ({ method, path, model }: Pick<RequestRecord, 'method' | 'path' | 'model'>): string =>
  model || `${method} ${path}`;

const retry = (record: RetryRecord): string => {
  const { wait_ms, asked } = record;
  const next = `try ${record.try} of ${record.of} in ${time(wait_ms)}${asked ? ' (asked for)' : ''}`;
  return `↻ ${subject(record)} ${label(record)} from ${record.target}, ${next}`;
};

const request = (record: RequestRecord): string => {
  const { status, reason, says, duration_ms, attempts } = record;
  const mark = reason === null ? '✓' : MARKS[levelOf(record)];
  const count = attempts.length > 1 ? `${attempts.length} attempts ` : '';
  const trail = steps(record).join(' → ');
  const parts = [`${mark} ${subject(record)} ${status}`, `${count}${time(duration_ms)}`];
  const line = [...parts, ...(trail === 'ok' ? [] : [trail])].join('  ');
  return says === null ? line : `${line}: ${says}`;
};

const fault = ({ stage, place, at, says, stack = [] }: FaultRecord): readonly string[] => {
  const where = [stage, ...(place === null ? [] : [`at ${place}`]), ...(at === null ? [] : [`(${at})`])].join(' ');
  return [`    stage ${where}: ${says}`, ...stack.map((line) => `      ${line}`)];
};

const reloaded = (record: LogRecord & { readonly event: 'reloaded' }): string => {
  const { generation, stages, stage_imports, needs_restart, upstream } = record;
  return [
    `Reloaded: config ${generation} is in force${stages.length === 0 ? '' : `, with ${stages.join(', ')}`}.`,
    `Upstream: ${upstream}.`,
    ...(stage_imports === null ? [] : ['Files that a stage imports are read again only at a restart.']),
    ...(needs_restart.length === 0 ? [] : [`A restart is needed for the change of ${needs_restart.join(', ')}.`]),
  ].join(' ');
};

/** The message of a stage, which may hold a client's words: it begins no line of the log, and a terminal obeys none of it. */
const onTerminal = (message: string): string =>
  message.replace(/\r\n?|\n/g, '\n    ').replace(/[^\P{C}\n\t]|[\p{Zl}\p{Zp}]/gu, '\ufffd');

/** The text of a record, without a line break at its end; '' for a start, which the greeting reports. */
export const pretty = (record: LogRecord): string => {
  switch (record.event) {
    case 'started':
      return '';
    case 'reloaded':
      return reloaded(record);
    case 'reload_failed':
      return `! The new config was not taken. The old one stays in force: ${record.problems.join('; ')}`;
    case 'stopping':
      return `Stopping: ${record.in_flight} in flight. A second signal stops at once.`;
    case 'stopped':
      return 'Stopped.';
    case 'retry':
      return retry(record);
    case 'request':
      return request(record);
    case 'stage_failed':
      return ['! A stage failed after the end of its request.', ...fault(record)].join('\n');
    case 'stage_log':
      return `${record.stage}: ${onTerminal(record.message)}`;
    case 'uncaught_error': {
      const { stack = [] } = record;
      const what = `! Uncaught error: ${placed(record)}. The proxy stops.`;
      return [what, ...stack.map((line) => `      ${line}`)].join('\n');
    }
    case 'warning':
      return `! ${WARNINGS[record.warning]}`;
    case 'lines_dropped':
      return `! ${record.lines} lines of the log were dropped because nobody read them.`;
  }
};

/** The lines below that of a request: the fault of a stage, and at debug each attempt. */
export const prettyDetails = (record: RequestRecord, isDebug: boolean): readonly string[] => [
  ...(record.fault === undefined ? [] : fault(record.fault)),
  ...(isDebug ? prettyAttempts(record) : []),
];

/** A line for each attempt: how it ended, and how long the proxy waited. */
const prettyAttempts = ({ attempts }: RequestRecord): readonly string[] =>
  attempts.map((attempt) => {
    const { number, status, reason, duration_ms, hint_ms, wait_ms } = attempt;
    const outcome = [status ?? '', reason ?? 'ok'].join(' ').trim();
    const asked = hint_ms === null ? '' : `, asked to wait ${time(hint_ms)}`;
    const waited = wait_ms === null ? '' : `, waited ${time(wait_ms)}`;
    return `    ${number}. ${outcome} after ${time(duration_ms)}${asked}${waited}`;
  });
