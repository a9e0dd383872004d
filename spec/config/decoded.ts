/** What a config's text comes to, for specs. */
import * as E from 'fp-ts/lib/Either.js';
import type { Env } from '../../lib/config/environment.js';
import { decode } from '../../lib/config/load.js';
import { render } from '../../lib/config/report.js';
import type { Settings } from '../../lib/core/settings.js';

/** The files that these configs may name. */
const FILES = new Map([
  ['key.txt', 'sk-from-file\n'],
  ['empty.txt', ' \n'],
  ['bearer.txt', 'Bearer sk-one\n'],
  ['two-lines.txt', 'sk-one\nsk-two\n'],
]);

const result = (text: string, env: Env) =>
  decode(text, {
    file: 'c.yaml',
    env,
    readSecret: (path) => E.fromNullable({ path: `/etc/${path}`, why: 'does not exist' })(FILES.get(path)),
  });

/** The settings; a rendered list of problems where there are none. */
export const settingsOf = (text: string, env: Env = {}): Settings => {
  const decoded = result(text, env);
  if (E.isLeft(decoded)) throw new Error(render(decoded.left));
  return decoded.right;
};

/** One line each, as the user sees them. */
export const problemsOf = (text: string, env: Env = {}): readonly string[] => {
  const decoded = result(text, env);
  return E.isLeft(decoded) ? render(decoded.left).split('\n') : [];
};
