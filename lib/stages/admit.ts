/** Who is let in, by the head of a request alone, before a byte of its body is read. */
import * as E from 'fp-ts/lib/Either.js';
import * as O from 'fp-ts/lib/Option.js';
import { isAuthority, isOurs } from '../core/authority.js';
import type { Head } from '../core/exchange.js';
import { clientError, type Failure } from '../core/failure.js';
import { values } from '../core/headers.js';
import { isWelcome, preflight } from '../core/origin.js';
import type { ServerSettings } from '../core/settings.js';
import { routed, tidyPath } from '../dialects/route.js';

/** Node joins or drops header fields past a number of its own, so there is a lower one of ours. */
const MAX_HEADER_FIELDS = 100;

const fieldCount = (head: Head): number =>
  Object.keys(head.headers).reduce((count, name) => count + values(head.headers, name).length, 0);

interface Aim {
  readonly authority: string;
  readonly path: string;
  /** The failure where the authority is not ours. */
  readonly elsewhere: Failure;
}

/** The absolute form (RFC 9112 §3.2.2) names the host in the target, and then the one in the `Host` field does not count. */
const aim = (head: Head): E.Either<Failure, Aim> => {
  const [host = '', ...more] = values(head.headers, 'host');
  if (more.length > 0 || !isAuthority(host)) {
    return E.left(clientError(400, 'The request needs exactly one Host header.'));
  }
  const absolute = /^https?:\/\/([^/?#]*)(.*)$/i.exec(head.path);
  if (absolute !== null) {
    const [, authority = '', rest = ''] = absolute;
    const elsewhere = clientError(421, 'This proxy does not serve that host.');
    return E.right({ authority, path: rest.startsWith('/') ? rest : `/${rest}`, elsewhere });
  }
  if (!head.path.startsWith('/')) return E.left(clientError(404, 'There is nothing at this address.'));
  return E.right({ authority: host, path: head.path, elsewhere: { _tag: 'HostNotAllowed' } });
};

/** The head with a tidy path in origin-form, or the client's mistake. */
export const admit =
  ({ allowedHosts, cors }: Pick<ServerSettings, 'allowedHosts' | 'cors'>) =>
  (head: Head): E.Either<Failure, Head> => {
    if (fieldCount(head) > MAX_HEADER_FIELDS) {
      return E.left(clientError(431, `The request has more than ${MAX_HEADER_FIELDS} header fields.`));
    }
    const aimed = aim(head);
    if (E.isLeft(aimed)) return aimed;
    const { authority, path, elsewhere } = aimed.right;
    if (!isOurs(allowedHosts, authority)) return E.left(elsewhere);
    if (!isWelcome({ allowedHosts, cors }, head, authority)) return E.left({ _tag: 'OriginNotAllowed' });
    const tidy = tidyPath(path);
    const { methods } = routed(tidy, head.headers);
    if (!methods.includes(head.method) && O.isNone(preflight(head))) {
      const allow = methods.join(', ');
      return E.left({ _tag: 'ClientError', status: 405, says: `This address takes only ${allow}.`, allow });
    }
    return E.right({ ...head, path: tidy });
  };
