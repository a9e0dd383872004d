/** The record of an event: named fields alone, of which none holds a body, a key or a query. */
import * as O from 'fp-ts/lib/Option.js';
import type { Attempt } from '../core/attempt.js';
import type { Event, FaultReport, InForce } from '../core/event.js';
import { type Reason, reasons } from '../core/reason.js';
import type { Warning } from '../core/warning.js';

export type Level = 'info' | 'warn' | 'error';

/** A finished try, and the name of the upstream that was asked. Null: none. */
export interface AttemptRecord {
  readonly number: number;
  readonly target: string;
  readonly status: number | null;
  readonly reason: Reason | null;
  readonly duration_ms: number;
  /** The wait that the upstream asked for, and the wait of the proxy. */
  readonly hint_ms: number | null;
  readonly wait_ms: number | null;
}

export interface RequestRecord {
  readonly event: 'request';
  readonly id: string;
  readonly client: string | null;
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  readonly status: number;
  /** Null: a good reply. */
  readonly reason: Reason | null;
  /** The sentence for the client about a failure. */
  readonly says: string | null;
  readonly duration_ms: number;
  readonly attempts: readonly AttemptRecord[];
  /** The fault of a stage, if it is the reason. */
  readonly fault?: FaultRecord;
}

/** Null: not known. */
export interface FaultRecord {
  readonly stage: string;
  readonly place: string | null;
  readonly at: string | null;
  readonly says: string;
  /** At the level debug alone. */
  readonly stack?: readonly string[];
}

export interface RetryRecord {
  readonly event: 'retry';
  readonly id: string;
  readonly method: string;
  readonly path: string;
  readonly model: string | null;
  readonly target: string;
  readonly status: number | null;
  readonly reason: Reason;
  /** The number of the try that follows, and of the last that may. */
  readonly try: number;
  readonly of: number;
  readonly wait_ms: number;
  /** True if the upstream asked for a wait. */
  readonly asked: boolean;
}

/** The names are those of the JSON log. */
export type LogRecord =
  | {
      readonly event: 'started';
      readonly version: string;
      readonly pid: number;
      readonly address: string;
      readonly url: string;
      readonly max_retries: number;
      readonly retry_codes: readonly number[];
      readonly demo: boolean;
      readonly warnings: readonly string[];
      readonly upstream: string;
      /** The whole path; null: there is no file. */
      readonly config: string | null;
    }
  | {
      readonly event: 'reloaded';
      readonly generation: number;
      readonly stages: readonly string[];
      /** Node reads each file once: only what the config itself names can be read anew. Null: there are no stages. */
      readonly stage_imports: 'kept_until_restart' | null;
      readonly needs_restart: readonly string[];
      readonly upstream: string;
      readonly config: string | null;
    }
  | { readonly event: 'reload_failed'; readonly problems: readonly string[] }
  | { readonly event: 'stopping'; readonly in_flight: number }
  | { readonly event: 'stopped' }
  | RetryRecord
  | RequestRecord
  | ({ readonly event: 'stage_failed'; readonly id: string } & FaultRecord)
  | { readonly event: 'stage_log'; readonly id: string | null; readonly stage: string; readonly message: string }
  | ({ readonly event: 'uncaught_error' } & Pick<FaultRecord, 'at' | 'says' | 'stack'>)
  | { readonly event: 'warning'; readonly id: string; readonly warning: Warning }
  /** The log's own: its reader did not read. */
  | { readonly event: 'lines_dropped'; readonly lines: number };

/** The limit of a text that a client chose. */
const TEXT_LIMIT = 128;

/** The limit of a sentence, in which an upstream's words may stand. */
const SENTENCE_LIMIT = 600;

/** A client's text on one line, without what a terminal obeys (control, invisible, direction), and not long. */
const shown = (text: string, limit = TEXT_LIMIT): string => {
  const short = text.length > limit ? `${text.slice(0, limit)}…` : text;
  return short.replace(/[\p{C}\p{Zl}\p{Zp}]/gu, '\ufffd');
};

/** The path alone: not the host of an absolute form, nor a query, also where its mark is escaped. */
const shownPath = (path: string): string => {
  const local = path.replace(/^[a-z][a-z0-9+.-]*:\/\/[^/?]*/i, '');
  return local.startsWith('/') ? shown(local.replace(/(?:[?#;]|%3f|%23|%3b).*$/is, '')) : '';
};

const rounded = (ms: O.Option<number>): number | null => O.toNullable(O.map(Math.round)(ms));

const attemptRecord = ({ number, target, status, reason, durationMs, hintMs, waitMs }: Attempt): AttemptRecord => ({
  number,
  target,
  status: O.toNullable(status),
  reason: O.toNullable(reason),
  duration_ms: Math.round(durationMs),
  hint_ms: rounded(hintMs),
  wait_ms: rounded(waitMs),
});

const shownModel = (model: O.Option<string>): string | null => (O.isSome(model) ? shown(model.value) : null);

const faultRecord = ({ stage, place, at, says, stack }: FaultReport, isDebug: boolean): FaultRecord => ({
  stage: shown(stage),
  place: place || null,
  at: at || null,
  says: shown(says, SENTENCE_LIMIT),
  ...(isDebug && stack.length > 0 && { stack: stack.map((line) => shown(line, SENTENCE_LIMIT)) }),
});

const inForce = ({ upstream, config }: InForce) => ({ upstream, config: O.toNullable(config) });

/** The record of an event; none: the log has no line for it. `isDebug`: adds what is for authors of stages. */
export const recordOf = (event: Event, isDebug: boolean): O.Option<LogRecord> => {
  switch (event._tag) {
    case 'Started': {
      const { version, pid, address, url, maxRetries, retryCodes, isDemo, warnings } = event;
      const retries = { max_retries: maxRetries, retry_codes: retryCodes };
      const common = { version, pid, address, url, ...retries, demo: isDemo };
      return O.some({ event: 'started', ...common, ...inForce(event), warnings });
    }
    case 'Reloaded': {
      const { generation, stages, restart } = event;
      const imports = stages.length === 0 ? null : 'kept_until_restart';
      const common = { generation, stages, stage_imports: imports, needs_restart: restart } as const;
      return O.some({ event: 'reloaded', ...common, ...inForce(event) });
    }
    case 'ReloadFailed':
      return O.some({ event: 'reload_failed', problems: event.problems });
    case 'Stopping':
      return O.some({ event: 'stopping', in_flight: event.inFlight });
    case 'Stopped':
      return O.some({ event: 'stopped' });
    case 'RequestStarted':
    case 'AttemptStarted':
    case 'HeadReceived':
    case 'AttemptFinished':
    case 'Committed':
    case 'Continued':
      // The line of the request has it all, once that has finished: every request does.
      return O.none;
    case 'RetryDecided': {
      const { id, method, path, model, target, status, reason, number, of, waitMs, isAsked } = event;
      return O.some({
        event: 'retry',
        id,
        method: shown(method),
        path: shownPath(path),
        model: shownModel(model),
        target,
        status: O.toNullable(status),
        reason,
        try: number,
        of,
        wait_ms: Math.round(waitMs),
        asked: isAsked,
      });
    }
    case 'RequestFinished': {
      const { id, method, path, model, reason, says, attempts, fault } = event.summary;
      return O.some({
        event: 'request',
        id,
        client: O.toNullable(event.client),
        method: shown(method),
        path: shownPath(path),
        model: shownModel(model),
        status: event.status,
        reason: O.toNullable(reason),
        says: says === undefined ? null : shown(says, SENTENCE_LIMIT),
        duration_ms: Math.round(event.durationMs),
        attempts: attempts.map(attemptRecord),
        ...(fault !== undefined && { fault: faultRecord(fault, isDebug) }),
      });
    }
    case 'StageFailed':
      return O.some({ event: 'stage_failed', id: event.id, ...faultRecord(event.fault, isDebug) });
    case 'StageLogged': {
      const { id, stage, message } = event;
      return O.some({ event: 'stage_log', id: O.toNullable(id), stage, message });
    }
    case 'Uncaught': {
      const { stage: _, place: __, ...record } = faultRecord({ stage: '', place: '', ...event.cause }, isDebug);
      return O.some({ event: 'uncaught_error', ...record });
    }
    case 'Warned':
      return O.some({ event: 'warning', id: event.id, warning: event.warning });
  }
};

/** True if the client alone is the cause: it has gone, is not allowed, or asked for something that was never sent on. */
const isClients = (reason: Reason, attempts: readonly AttemptRecord[]): boolean =>
  reasons[reason].by === 'client' || (reason === 'invalid_request' && attempts.length === 0);

export const levelOf = (record: LogRecord): Level => {
  switch (record.event) {
    case 'request':
      return record.reason === null || isClients(record.reason, record.attempts) ? 'info' : 'warn';
    case 'warning':
    case 'stage_failed':
    case 'lines_dropped':
    case 'reload_failed':
      return 'warn';
    case 'reloaded':
      return record.needs_restart.length === 0 ? 'info' : 'warn';
    case 'started':
      return record.warnings.length === 0 ? 'info' : 'warn';
    case 'retry':
    case 'stopping':
    case 'stopped':
    case 'stage_log':
      return 'info';
    case 'uncaught_error':
      return 'error';
  }
};
