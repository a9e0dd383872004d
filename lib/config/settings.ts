/** The settings from what the user wrote: defaults, and which key wins over which. */
import type * as O from 'fp-ts/lib/Option.js';
import { filled } from '../codecs/closed.js';
import type { Timeouts } from '../core/exchange.js';
import type { Settings } from '../core/settings.js';
import { type Config, ERROR_HANDLING, LOGGING, MODELS, SERVER, STREAMING, TARGET, TIMEOUTS } from './codec.js';
import { entryOf } from './stage-entry.js';

/** The longest connect timeout that `timeout` sets. */
const LONGEST_CONNECT_MS = TIMEOUTS.connect.default;

const timeouts = ({ timeout, timeouts: written = {} }: NonNullable<Config['target_proxy']>): Timeouts => {
  const implied =
    timeout === undefined
      ? {}
      : { connect: Math.min(timeout, LONGEST_CONNECT_MS), headers: timeout, headers_whole: timeout, idle: timeout };
  const all = filled(TIMEOUTS, { ...implied, ...written });
  return {
    connectMs: all.connect,
    headersMs: all.headers,
    headersWholeMs: all.headers_whole,
    firstContentMs: all.first_content,
    idleMs: all.idle,
    totalMs: all.total,
  };
};

/** `apiKey` comes from one of two keys, or from a file. */
export const settings = (config: Config, apiKey: O.Option<string>): Settings => {
  const server = filled(SERVER, config.server);
  const target = filled(TARGET, config.target_proxy);
  const errors = filled(ERROR_HANDLING, config.error_handling);
  const streaming = filled(STREAMING, config.streaming);
  const models = filled(MODELS, config.models);
  return {
    server: {
      host: server.host,
      port: server.port,
      allowedHosts: server.allowed_hosts,
      bodyLimitBytes: server.body_limit,
      heldBytes: server.held_bytes,
      trustedProxies: server.trusted_proxies,
      cors: server.cors,
      maxInFlight: server.max_in_flight,
      writeTimeoutMs: server.write_timeout,
    },
    target: {
      name: 'target',
      url: target.url,
      apiKey,
      headers: target.headers,
      verifyTls: target.verify_tls,
      timeouts: timeouts(target),
      replyLimitBytes: target.reply_limit,
    },
    retry: {
      retryCodes: new Set(errors.retry_codes),
      failCodes: new Set(errors.fail_codes),
      maxRetries: target.max_retries ?? errors.max_retries,
      timeoutRetries: errors.timeout_retries,
      baseMs: target.retry_delay ?? errors.base_delay,
      factor: target.retry_backoff,
      maxDelayMs: errors.max_delay,
      deadlineMs: errors.deadline,
      jitter: errors.jitter,
      retryFiltered: errors.retry_filtered,
    },
    streaming: {
      commit: streaming.commit,
      onBreak: streaming.on_break,
      maxContinues: streaming.max_continues,
      keepalive: streaming.keepalive,
    },
    stages: (config.stages ?? []).map(entryOf),
    models: { ttlMs: models.ttl, fallback: models.fallback },
    logging: filled(LOGGING, config.logging),
  };
};
