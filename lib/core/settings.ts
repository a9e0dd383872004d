/** All that a user can configure, decoded: milliseconds, bytes, secrets filled in. */
import type { Target } from './exchange.js';
import type { CodeRules } from './verdict.js';

/** The config, as the stages read it. */
export interface Settings {
  readonly server: ServerSettings;
  readonly target: Target;
  readonly retry: RetrySettings;
  readonly streaming: StreamingSettings;
  /** Custom stages, in their order. */
  readonly stages: readonly StageEntry[];
  readonly models: { readonly ttlMs: number; readonly fallback: readonly string[] };
  readonly logging: { readonly level: LogLevel; readonly format: 'auto' | 'pretty' | 'json' };
}

export interface StageEntry {
  /** A built-in stage by its name, a file, or a package. */
  readonly use: string;
  /** For the stage's own codec. */
  readonly options: Readonly<Record<string, unknown>>;
  /** The time that one call may take. */
  readonly timeoutMs: number;
}

export interface ServerSettings {
  readonly host: string;
  readonly port: number;
  /** Names that a `Host` field may bear, besides IP literals and names that end in `.localhost`. */
  readonly allowedHosts: readonly string[];
  /** The longest request body. */
  readonly bodyLimitBytes: number;
  /** All bodies that are held, of requests and of replies, together. */
  readonly heldBytes: number;
  /** Addresses and ranges (`10.0.0.0/8`) of proxies whose `x-forwarded-for` is believed. */
  readonly trustedProxies: readonly string[];
  /** Origins of pages that a browser may call from, as browsers write them. */
  readonly cors: readonly string[];
  /** Requests that are worked on at once. */
  readonly maxInFlight: number;
  /** The time that a client may take without reading a byte. */
  readonly writeTimeoutMs: number;
}

export interface RetrySettings extends CodeRules {
  readonly maxRetries: number;
  /** The number of the `maxRetries` that may follow a time-out. */
  readonly timeoutRetries: number;
  readonly baseMs: number;
  readonly factor: number;
  readonly maxDelayMs: number;
  /** No retry starts later than this after arrival. */
  readonly deadlineMs: number;
  readonly jitter: boolean;
  /** The retries of a reply that a content filter took away. */
  readonly retryFiltered: number;
}

export interface StreamingSettings {
  /** Until when a reply can still be asked for again. */
  readonly commit: 'first_content' | 'first_text' | 'complete';
  /** The answer to a stream that breaks after that. */
  readonly onBreak: 'error' | 'continue';
  readonly maxContinues: number;
  readonly keepalive: 'off' | 'comments';
}

export type LogLevel = 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'silent';
