/** The words by which upstreams name an error, in `code`, `status` or `type`. */
import * as O from 'fp-ts/lib/Option.js';

const STATUS_NAMES: Readonly<Record<number, readonly string[]>> = {
  400: ['invalid_request_error', 'invalid_request', 'badrequesterror', 'bad_request', 'invalid_argument'],
  401: ['authentication_error', 'unauthenticated', 'unauthorized', 'invalid_api_key', 'autherror'],
  402: ['billing_error', 'payment_required', 'insufficient_balance', 'insufficient_credits'],
  403: ['permission_error', 'permission_denied', 'permissiondeniederror', 'forbidden'],
  404: ['not_found_error', 'not_found', 'notfounderror', 'model_not_found'],
  408: ['request_timeout'],
  413: ['request_too_large', 'payload_too_large'],
  422: ['unprocessable_entity'],
  429: [
    'rate_limit_error',
    'rate_limit_exceeded',
    'rate_limited',
    'ratelimiterror',
    'too_many_requests',
    'resource_exhausted',
    'insufficient_quota',
  ],
  500: ['api_error', 'server_error', 'internal_error', 'internal_server_error', 'internalservererror', 'internal'],
  501: ['unimplemented'],
  502: ['bad_gateway', 'upstream_error'],
  503: ['unavailable', 'service_unavailable', 'serviceunavailableerror', 'server_overloaded', 'engine_overloaded'],
  504: ['timeout_error', 'timeout', 'deadline_exceeded', 'gateway_timeout'],
  529: ['overloaded_error', 'overloaded'],
};

/** Names of codes of Google's RPCs that have no clear word above. */
const OTHER_NAMES: readonly (readonly [string, number])[] = [
  ['failed_precondition', 400],
  ['out_of_range', 400],
  ['context_length_exceeded', 400],
  ['aborted', 409],
  ['data_loss', 500],
];

/** The name in one spelling of many: `rate_limit_exceeded`, `RateLimitExceeded`, `rate-limit-exceeded`. */
const lettersOf = (name: string): string => name.toLowerCase().replace(/[^a-z]/g, '');

const BY_NAME: ReadonlyMap<string, number> = new Map(
  [
    ...Object.entries(STATUS_NAMES).flatMap(([status, names]) => names.map((name) => [name, Number(status)] as const)),
    ...OTHER_NAMES,
  ].map(([name, status]) => [lettersOf(name), status]),
);

/** The 4xx or 5xx that a number means, also in quotes; other numbers are an upstream's private codes. */
export const statusOfNumber = (value: unknown): O.Option<number> => {
  const status = typeof value === 'string' && /^\d{3}$/.test(value) ? Number(value) : value;
  return typeof status === 'number' && Number.isInteger(status) && status >= 400 && status < 600
    ? O.some(status)
    : O.none;
};

/** The status that a word means, in any letters. */
export const statusOfName = (value: unknown): O.Option<number> =>
  typeof value === 'string' ? O.fromNullable(BY_NAME.get(lettersOf(value))) : O.none;

const QUOTA_NAME =
  /insufficient[_-]?(user[_-]?)?(quota|balance|credits?|funds)|exceeded[_-]current[_-]quota|token[_-]quota[_-]failed|billing|credit[_-]?balance|payment[_-]?required|arrear|account[_-]?overdue/i;

/**
 * Only phrases that are said of money alone: "check your plan and billing details" is also said of a rate limit. The
 * Chinese ones say that balance or quota is short or used up, and that the account owes money.
 */
const QUOTA_PHRASES = [
  /insufficient_(user_)?quota|exceeded_current_quota_error|insufficient_balance/i,
  /(?:\b(?:insufficient|not enough|no|out of|not have any)|n['’]t have any) ((user|account|prepaid) )?(balance|credits?|funds)\b/i,
  /insufficient (user |account )?quota/i,
  /balance is (too low|insufficient|not enough|not sufficient|negative|exhausted)/i,
  /billing (hard )?limit|used (up )?all (of )?(its |your |the )?(available |monthly |included )*credits/i,
  /余额不足|餘額不足|额度不足|额度已用尽|欠费/,
];

/** The name without what stands between its words, since upstreams write it in several ways. */
const squeezed = (name: string): string => name.toLowerCase().replace(/[^a-z]+/g, '');

const FILTER_NAME = /^(contentfilter(ed)?|contentpolicyviolation|safety|prohibitedcontent|contentmoderation)$/;

/** The beginning of a filter's name: upstreams add words of their own. */
const FILTER_START =
  /^(input|output|prompt)?(text|image|audio|video)?(contentfilter|content(policy|safety)?violation|contentpolicy|contentmoderation|contentblocked|moderationblocked|responsibleaipolicy|safety|prohibitedcontent|sensitive|datainspection)/;

/** The words for a filter that failed: it has refused nothing. */
const FILTER_FAILED = /(unavailable|timed?out|overloaded)$/;

/** Whether a word of a reason or an error names a filter. */
export const isFilterWord = (name: string): boolean => {
  const word = squeezed(name);
  return FILTER_START.test(word) && !FILTER_FAILED.test(word);
};

/** The names of filters, for errors that have them only in their text. */
const FILTER_PHRASE =
  /\b((IMAGE_)?PROHIBITED_CONTENT|IMAGE_SAFETY|content_filter|content_policy_violation|sensitive_words_detected|data_inspection_failed)\b/;

export const namesQuota = (names: readonly string[], text: string): boolean =>
  names.some((name) => QUOTA_NAME.test(name)) || QUOTA_PHRASES.some((phrase) => phrase.test(text));

/** Whether a name is a filter's. Its own word counts with any status; a longer name may be of one that failed. */
const isFilterName = (name: string, status: O.Option<number>): boolean => {
  if (FILTER_NAME.test(squeezed(name))) return true;
  const isRefusal = O.isNone(status) || (status.value < 500 && status.value !== 408 && status.value !== 429);
  return isRefusal && isFilterWord(name);
};

/** Whether the text of an error counts. With another status, a filter that it names has failed. */
const mayTellOfFilter = (status: O.Option<number>): boolean => O.isNone(status) || status.value === 400;

/** Whether an error says that a filter refused. `status` is the one that the error came with or names. */
export const namesFilter = (names: readonly string[], text: string, status: O.Option<number>): boolean =>
  names.some((name) => isFilterName(name, status)) || (mayTellOfFilter(status) && FILTER_PHRASE.test(text));

/** The numbers by which MiniMax names errors. */
const BASE_CODES: ReadonlyMap<unknown, string> = new Map(
  Object.entries({
    internal_error: [1000, 1013, 1024, 1033],
    timeout: [1001],
    rate_limit_exceeded: [1002, 1039, 1041, 2056],
    invalid_api_key: [1004, 2049],
    insufficient_balance: [1008],
    content_filter: [1026, 1027],
    invalid_request: [1042, 2013],
  }).flatMap(([name, codes]) => codes.map((code) => [code, name] as const)),
);

/** The name that a number stands for in `base_resp`; the number itself, where it stands for none that is known. */
export const nameOfBaseCode = (code: unknown): unknown => BASE_CODES.get(Number(code)) ?? code;

/** A status and two digits, as local servers number their errors: `42901`. */
export const statusOfLongCode = (value: unknown): O.Option<number> =>
  typeof value === 'number' && Number.isInteger(value) && value >= 40_000
    ? statusOfNumber(Math.trunc(value / 100))
    : O.none;
