/** Settings as a config: what holds once every default, file and variable has had its say. */
import * as O from 'fp-ts/lib/Option.js';
import { Document, isMap, visit } from 'yaml';
import type { Settings } from '../core/settings.js';
import { effectiveRetryCodes } from '../core/verdict.js';
import { Config } from './codec.js';
import { literal } from './environment.js';

const config = ({ server, target, retry, streaming, models, stages, logging }: Settings): Config => ({
  server: {
    host: server.host,
    port: server.port,
    allowed_hosts: [...server.allowedHosts],
    body_limit: server.bodyLimitBytes,
    held_bytes: server.heldBytes,
    trusted_proxies: [...server.trustedProxies],
    cors: [...server.cors],
    max_in_flight: server.maxInFlight,
    write_timeout: server.writeTimeoutMs,
  },
  target_proxy: {
    url: target.url,
    ...(O.isSome(target.apiKey) ? { api_key: target.apiKey.value } : {}),
    headers: target.headers,
    verify_tls: target.verifyTls,
    timeouts: {
      connect: target.timeouts.connectMs,
      headers: target.timeouts.headersMs,
      headers_whole: target.timeouts.headersWholeMs,
      first_content: target.timeouts.firstContentMs,
      idle: target.timeouts.idleMs,
      total: target.timeouts.totalMs,
    },
    retry_backoff: retry.factor,
    reply_limit: target.replyLimitBytes,
  },
  error_handling: {
    retry_codes: [...effectiveRetryCodes(retry)],
    fail_codes: [...retry.failCodes],
    max_retries: retry.maxRetries,
    timeout_retries: retry.timeoutRetries,
    base_delay: retry.baseMs,
    max_delay: retry.maxDelayMs,
    deadline: retry.deadlineMs,
    jitter: retry.jitter,
    retry_filtered: retry.retryFiltered,
  },
  streaming: {
    commit: streaming.commit,
    on_break: streaming.onBreak,
    max_continues: streaming.maxContinues,
    keepalive: streaming.keepalive,
  },
  models: { ttl: models.ttlMs, fallback: [...models.fallback] },
  stages: stages.map(({ use, options, timeoutMs }) => ({
    use,
    ...(Object.keys(options).length > 0 ? { with: options } : {}),
    timeout: timeoutMs,
  })),
  logging,
});

/**
 * YAML in the user's own keys and units. `retry_codes` has the built-in ones too. Secrets, the values of header fields
 * and the options of stages are shown as `(set)`.
 */
export const effective = (settings: Settings): string => {
  const document = new Document(Config.encode(config(settings)));
  visit(document, {
    // A list of values stands in one line, of a list of maps each.
    Seq: (_, list) => {
      const maps = list.items.filter(isMap);
      for (const map of maps) map.flow = true;
      list.flow = maps.length === 0;
    },
    Scalar: (_, scalar) => {
      if (typeof scalar.value === 'string') scalar.value = literal(scalar.value);
    },
  });
  return document.toString({ lineWidth: 0, flowCollectionPadding: false });
};
