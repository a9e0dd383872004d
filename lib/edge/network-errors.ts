/** What Node's error codes mean for an exchange with an upstream. */
import type { Failure } from '../core/failure.js';

const TLS = /CERT|SELF_SIGNED|^UNABLE_TO_|^ERR_(TLS|SSL)|^EPROTO$|HOSTNAME_MISMATCH|INVALID_(CA|PURPOSE)/;

/** What cannot be read: HTTP's framing (the parser's codes) or a content coding (zlib's). */
const UNREADABLE = /^(HPE_|Z_|ZSTD_|ERR_(_ERROR_FORMAT|BROTLI|BUF_ERROR)|ERR__)/;

/** The part of Node's errors that is looked at; their messages may name hosts and are not. */
export interface Coded {
  readonly code?: string | undefined;
  /** Those of each address, where an upstream has several. */
  readonly errors?: readonly Coded[];
}

/** Says only that this machine has no way to one of an upstream's addresses; another address's error says more. */
const NO_WAY = /^(ENETUNREACH|EADDRNOTAVAIL|EAFNOSUPPORT)$/;

/** Of an error that sums up those of several addresses, the most telling one. */
const codeOf = ({ code = 'UNKNOWN', errors = [] }: Coded): string => {
  const codes = errors.flatMap((each) => each.code ?? []);
  return codes.find((each) => !NO_WAY.test(each)) ?? codes[0] ?? code;
};

/** Before the connection stood: nothing of the request was sent. */
export const explainConnect = (error: Coded): Failure => {
  const code = codeOf(error);
  return TLS.test(code) ? { _tag: 'TlsFailed', code } : { _tag: 'Unreachable', code };
};

/** After it: the upstream may have seen the request. `unused`: a kept connection on which no byte came back. */
export const explainReply = (error: Coded, unused: boolean): Failure => {
  const code = codeOf(error);
  return UNREADABLE.test(code) ? { _tag: 'Malformed', detail: code } : { _tag: 'Broken', code, unused };
};
