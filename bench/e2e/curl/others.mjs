/** Lists, and methods that are not POST. */
import { same } from '../kit/case.mjs';
import { errorOf, exits, WELL } from './asking.mjs';
import { curl, reply } from './curl.mjs';

const asking = (id, wish) => ['--header', `x-demo-fault: ${wish}:${id}`];

const listing = (says, mode, how, judge) => ({
  says,
  source: 'openai',
  mode,
  played: ['http-503', 'http-502-html', WELL],
  act: async (world) => {
    const args = ['--fail', '--include', ...how(world), ...asking(world.id, 'http-503+http-502-html:1')];
    const done = await curl(args);
    const { saw, problems } = await judge(reply(done.bytes), world);
    return { saw, problems: [...exits(done, 0), ...problems] };
  },
});

const MODELS = listing(
  'two failures, then the list',
  'models',
  ({ url }) => [`${url}/v1/models`],
  async ({ body }, { upstream }) => {
    const list = JSON.parse(body.toString());
    const wanted = await (await fetch(`${upstream.url}/v1/models`)).json();
    return { saw: 'the list', problems: same('the list', list.data, wanted.data) };
  },
);

const HEAD = listing(
  'two failures, then a head',
  'head',
  ({ url }) => ['--head', `${url}/v1/files`],
  async ({ status, body }) => ({
    saw: `${status}`,
    problems: [...same('status', status, 200), ...same('body', body.length, 0)],
  }),
);

const OPTIONS = listing(
  'two failures, then options',
  'options',
  ({ url }) => ['--request', 'OPTIONS', `${url}/v1/echo`],
  async ({ status, body }) => {
    const { method } = JSON.parse(body.toString());
    return { saw: `${status}`, problems: [...same('status', status, 200), ...same('method', method, 'OPTIONS')] };
  },
);

const NOT_ALLOWED = {
  says: 'a method that is not served',
  source: 'openai',
  mode: 'delete',
  played: [],
  act: async ({ url }) => {
    const done = await curl(['--include', '--request', 'DELETE', `${url}/v1/chat/completions`]);
    const { status, headers, body } = reply(done.bytes);
    const { message } = errorOf(body);
    return {
      saw: `${status} ${message}`,
      problems: [...same('status', status, 405), ...same('allow', headers.allow, 'POST')],
    };
  },
};

export const OTHERS = [MODELS, HEAD, OPTIONS, NOT_ALLOWED];
