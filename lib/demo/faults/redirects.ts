/** Redirects. They point back at the demo, so that it sees whoever follows one. */
import { errorIn } from '../answers/answer.js';
import { send } from '../script.js';
import { head, json } from '../wire.js';
import { EVERYWHERE, fault, JUDGED } from './fault.js';

/** The path that redirects lead to. */
export const CANARY_PATH = '/canary';

const redirect = (status: number) =>
  fault(
    'unexpected_redirect',
    EVERYWHERE,
    `${status}, to ${CANARY_PATH} of the demo itself.`,
    (ask) =>
      json(errorIn(ask, { message: 'Moved.', openai: 'moved', anthropic: 'moved' }, status), status, {
        location: `http://${ask.request.headers.host}${CANARY_PATH}`,
      }),
    { status },
  );

export const redirects = {
  'http-301': redirect(301),
  'http-302': redirect(302),
  'http-303': redirect(303),
  'http-307': redirect(307),
  'http-308': redirect(308),
  'http-304': fault(
    'unexpected_redirect',
    JUDGED,
    '304, though nothing was asked on a condition.',
    () => [send(head(304, { etag: '"demo"' }))],
    { status: 304 },
  ),
};
