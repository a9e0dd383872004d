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
  body_limit: withDefault(Size, 100 * MIB, 'The longest request that is taken.'),
  held_bytes: withDefault(
    Size,
    64 * MIB,
    'Memory for the bodies of requests, and of replies that are held, all together; one is always let in.',
  ),
  trusted_proxies: withDefault(
    t.array(IpRange, 'a list of IP addresses and ranges'),
    [],
    'Proxies in front of this one, by address or range such as 10.0.0.0/8: the log names the client that their `x-forwarded-for` tells.',
  ),
  cors: withDefault(
    t.array(Origin, 'a list of origins'),
    [],
    'Origins of pages that may call the proxy from a browser, such as https://chat.example.com; they can use the key of `target_proxy`.',
  ),
  max_in_flight: withDefault(
    Positive,
    256,
    'Requests that are worked on at once; those above it get a 503. Of one connection at most 16 are; the rest of it waits.',
  ),
  write_timeout: withDefault(
    Timeout,
    120 * SECOND,
    'A client that takes not one byte of its reply for so long is given up.',
  ),
};

export const TIMEOUTS = {
  connect: withDefault(Timeout, 10 * SECOND, 'To connect, TLS included.'),
  headers: withDefault(Timeout, 120 * SECOND, 'To the head of a reply that is streamed.'),
  headers_whole: withDefault(
    Timeout,
    600 * SECOND,
    'To the head of a reply that is not streamed: a model that thinks sends nothing until it is done.',
  ),
  first_content: withDefault(Timeout, 180 * SECOND, 'To the first content of a stream.'),
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
  timeouts: section(TIMEOUTS, 'How long to wait, for what.'),
  max_retries: optional(Count, '`error_handling.max_retries`', 'Retries of one request; wins over that one.'),
  retry_delay: optional(Duration, '`error_handling.base_delay`', 'The first wait; wins over that one.'),
  retry_backoff: withDefault(Factor, 2, 'Each wait is so many times the last.'),
  reply_limit: withDefault(Size, 32 * MIB, 'A reply that is longer is passed on unjudged.'),
};

export const ERROR_HANDLING = {
  retry_codes: withDefault(
    StatusCodes,
    [],
    `Statuses that are tried again, besides ${[...RETRIED_BY_DEFAULT].join(', ')}.`,
  ),
  fail_codes: withDefault(StatusCodes, [], 'Statuses that are never tried again.'),
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
    'Until when a stream is held back, so that it can be asked for again: its first content, its first text that is no reasoning, or its end.',
  ),
  on_break: withDefault(
    oneOf('error', 'continue'),
    'error',
    'What follows when a stream breaks after that: an error, or a request to go on where it stopped.',
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
    'The models to name when the upstream lists none and no earlier list is kept.',
  ),
};

export const LOGGING = {
  level: withDefault(
    oneOf('trace', 'debug', 'info', 'warn', 'error', 'silent'),
    'info',
    'The least important facts that are logged; where it listens is told at any level.',
  ),
  format: withDefault(oneOf('auto', 'pretty', 'json'), 'auto', '`auto`: pretty on a terminal, else json.'),
};

export const CONFIG = {
  server: section(SERVER, 'Where the proxy listens, and how much it takes.'),
  target_proxy: section(TARGET, 'The upstream.'),
  error_handling: section(ERROR_HANDLING, 'What is tried again, how often, and when.'),
  streaming: section(STREAMING, 'Replies that come piece by piece.'),
  models: section(MODELS, 'The list of models.'),
  stages: {
    codec: Stages,
    fields: STAGE,
    description:
      'Stages of your own, in their order; see [stages.md](stages.md). A list, whose entries have these keys:',
  },
  logging: section(LOGGING, 'What the proxy tells about itself.'),
};

/** What the user wrote, with nothing filled in. */
export const Config = closed(CONFIG);
export type Config = Written<typeof CONFIG>;
