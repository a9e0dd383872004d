/** Every key of the config, with what it takes, its default, and what it means. The reference is made from this. */
import * as t from 'io-ts';
import { closed, optional, section, type Written, withDefault } from '../codecs/closed.js';
import { HeaderFields } from '../codecs/header-fields.js';
import {
  Count,
  Duration,
  Factor,
  FilePath,
  Flag,
  HostName,
  oneOf,
  Port,
  Positive,
  Secret,
  Size,
  StatusCode,
  Text,
  Timeout,
} from '../codecs/leaf.js';
import { IpRange, Origin } from '../codecs/network.js';
import { RETRIED_BY_DEFAULT } from '../core/verdict.js';
import { DEMO, HttpUrl } from './http-url.js';
import { STAGE, Stages } from './stage-entry.js';

const SECOND = 1000;
const MIB = 1024 ** 2;

const StatusCodes = t.array(StatusCode, 'a list of status codes, 400 to 599');

export const SERVER = {
  host: withDefault(Text, '127.0.0.1', 'The address to listen on; 0.0.0.0 lets other machines in.'),
  port: withDefault(Port, 8484, 'The port to listen on; 0 takes any free one.'),
  allowed_hosts: withDefault(
    t.array(HostName, 'a list of host names'),
    ['localhost', 'host.docker.internal'],
    'The names under which the proxy may be called, besides IP addresses and names that end in .localhost.',
  ),
  body_limit: withDefault(Size, 100 * MIB, 'The longest request that is let in.'),
  held_bytes: withDefault(
    Size,
    64 * MIB,
    'Memory for the bodies of all requests and held replies together. One is always let in.',
  ),
  trusted_proxies: withDefault(
    t.array(IpRange, 'a list of IP addresses and ranges'),
    [],
    'Proxies in front of this one, by address or range such as 10.0.0.0/8: the log then names the client in their `x-forwarded-for`.',
  ),
  cors: withDefault(
    t.array(Origin, 'a list of origins'),
    [],
    'Origins of pages that may call the proxy from a browser, such as https://chat.example.com; they can use the key of `target_proxy`.',
  ),
  max_in_flight: withDefault(
    Positive,
    256,
    'How many requests are served at once; more get a 503. Of one connection at most 16 are served at once; the others wait.',
  ),
  write_timeout: withDefault(
    Timeout,
    120 * SECOND,
    'How long a client may take no byte of its reply before it is given up.',
  ),
};

export const TIMEOUTS = {
  connect: withDefault(Timeout, 10 * SECOND, 'Until the connection stands, TLS included.'),
  headers: withDefault(Timeout, 120 * SECOND, 'Until the head of a streamed reply.'),
  headers_whole: withDefault(
    Timeout,
    600 * SECOND,
    'Until the head of a reply that is not streamed: a model that thinks sends nothing until it is done.',
  ),
  first_content: withDefault(Timeout, 180 * SECOND, 'Until the first content of a stream.'),
  idle: withDefault(Timeout, 60 * SECOND, 'Silence between two pieces of a reply.'),
  total: withDefault(Timeout, 1800 * SECOND, 'A whole attempt.'),
};

export const TARGET = {
  url: withDefault(
    HttpUrl,
    DEMO,
    'The base URL of the upstream; the end of an endpoint (such as /chat/completions) is cut off. `demo` is an upstream that comes with the proxy. A config file must give it.',
  ),
  api_key: optional(
    Secret,
    'none',
    "The key for the upstream. It replaces whatever key the client sent; without it, the client's passes.",
  ),
  api_key_file: optional(
    FilePath,
    'none',
    "A file that holds the key, instead of `api_key`; relative to the config file's folder.",
  ),
  headers: withDefault(HeaderFields, {}, 'Header fields that are added to each request.'),
  verify_tls: withDefault(Flag, true, 'Whether the certificate of the upstream must be valid.'),
  timeout: optional(
    Timeout,
    'see `timeouts`',
    'One value for `connect` (at most 10 s), `headers`, `headers_whole` and `idle`; an entry of `timeouts` wins over it.',
  ),
  timeouts: section(TIMEOUTS, 'How long to wait for each part of a reply.'),
  max_retries: optional(Count, '`error_handling.max_retries`', 'Retries of one request; wins over that one.'),
  retry_delay: optional(Duration, '`error_handling.base_delay`', 'The first wait; wins over that one.'),
  retry_backoff: withDefault(Factor, 2, 'The factor by which each wait is longer than the last.'),
  reply_limit: withDefault(Size, 32 * MIB, 'A longer reply is passed on without being judged.'),
};

export const ERROR_HANDLING = {
  retry_codes: withDefault(StatusCodes, [], `Statuses to retry, besides ${[...RETRIED_BY_DEFAULT].join(', ')}.`),
  fail_codes: withDefault(StatusCodes, [], 'Statuses never to retry.'),
  max_retries: withDefault(Count, 3, 'Retries of one request.'),
  timeout_retries: withDefault(
    Count,
    1,
    'How many of the retries may follow a time-out: the model may still be thinking, and is billed.',
  ),
  base_delay: withDefault(Duration, SECOND, 'The first wait.'),
  max_delay: withDefault(
    Duration,
    60 * SECOND,
    'The longest wait; where the upstream asks for a longer one, the request fails at once.',
  ),
  deadline: withDefault(Duration, 120 * SECOND, 'No retry starts later than this after the request came.'),
  jitter: withDefault(Flag, true, 'Whether waits are shortened at random, by up to half.'),
  retry_filtered: withDefault(Count, 0, 'Retries of a reply that a content filter took away.'),
};

export const STREAMING = {
  commit: withDefault(
    oneOf('first_content', 'first_text', 'complete'),
    'first_content',
    'How long a stream is held back, so that it can be retried: until its first content, its first text that is not reasoning, or its end.',
  ),
  on_break: withDefault(
    oneOf('error', 'continue'),
    'error',
    'What follows if a stream breaks after that: an error, or a request to continue where it stopped.',
  ),
  max_continues: withDefault(Count, 3, 'How often one reply is continued.'),
  keepalive: withDefault(
    oneOf('off', 'comments'),
    'off',
    'Whether comments are sent while a stream is held back, for clients behind something that cuts silent connections.',
  ),
};

export const MODELS = {
  ttl: withDefault(Duration, 60 * SECOND, 'How long a list of models is fresh.'),
  fallback: withDefault(
    t.array(Text, 'a list of model names'),
    [],
    'The models to list if the upstream lists none and no earlier list is kept.',
  ),
};

export const LOGGING = {
  level: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'The least important facts that are logged. The start is logged at any level.',
  ),
  format: withDefault(oneOf('auto', 'pretty', 'json'), 'auto', '`auto`: pretty on a terminal, else json.'),
};

export const CONFIG = {
  server: section(SERVER, 'Where the proxy listens, and how much it accepts.'),
  target_proxy: section(TARGET, 'The upstream.'),
  error_handling: section(ERROR_HANDLING, 'What is retried, how often, and when.'),
  streaming: section(STREAMING, 'Replies that come piece by piece.'),
  models: section(MODELS, 'The list of models.'),
  stages: {
    codec: Stages,
    fields: STAGE,
    description:
      'Stages of your own, in their order; see [stages.md](stages.md). A list, whose entries have these keys:',
  },
  logging: section(LOGGING, 'The log.'),
};

/** The config as the user wrote it, with nothing filled in. */
export const Config = closed(CONFIG);
export type Config = Written<typeof CONFIG>;
