/** Long bodies, and waiting to be told to go on. */
import { randomBytes } from 'node:crypto';
import { sameText } from '../kit/case.mjs';
import { bodyOf, exits, FROM_STDIN, post, WELL, wholeText } from './asking.mjs';
import { curl, reply } from './curl.mjs';

/** On a route of its own that sends back what came: longer than what is kept for a second try. */
const UPLOAD_BYTES = 8 * 1024 * 1024;

const upload = (says, mode, ...how) => ({
  says,
  source: 'other',
  mode,
  played: [WELL],
  act: async ({ url, id }) => {
    const content = randomBytes(UPLOAD_BYTES);
    const fault = [
      '--header',
      `x-demo-fault: ${WELL}:always:${id}`,
      '--header',
      'content-type: application/octet-stream',
    ];
    const done = await curl(['--fail', ...how, ...fault, ...FROM_STDIN, `${url}/v1/echo`], content);
    const isSame = done.bytes.equals(content);
    return {
      saw: `${done.bytes.length} bytes back`,
      problems: [...exits(done, 0), ...(isSame ? [] : ['they are not the same'])],
    };
  },
});

/** An image of many MB stands in a chat's JSON: it is kept, and sent again. */
const image = {
  says: 'a long chat: two failures, then a reply',
  source: 'openai',
  mode: 'json',
  played: ['http-502-html', 'reset-mid-headers', WELL],
  act: async (world) => {
    const { id, prompt } = world;
    const url = `data:image/png;base64,${randomBytes(UPLOAD_BYTES).toString('base64')}`;
    const content = [
      { type: 'text', text: prompt },
      { type: 'image_url', image_url: { url } },
    ];
    const model = `demo:http-502-html+reset-mid-headers:1:${id}`;
    const done = await curl(
      post(world, 'openai', '--fail'),
      JSON.stringify({ model, messages: [{ role: 'user', content }] }),
    );
    const attempts = await world.upstream.attempts(id);
    const isWhole = attempts.every(({ body }) => body.includes(url));
    return {
      saw: 'the whole text',
      problems: [
        ...exits(done, 0),
        ...sameText(wholeText(JSON.parse(done.bytes.toString())), await world.upstream.expected(WELL, prompt)),
        ...(isWhole ? [] : ['the upstream did not get it whole each time']),
      ],
    };
  },
};

const continues = {
  says: 'Expect: 100-continue, then a failure, then a reply',
  source: 'openai',
  mode: 'json',
  played: ['http-503', WELL],
  act: async (world) => {
    const startedAt = performance.now();
    const args = post(world, 'openai', '--include', '--header', 'expect: 100-continue', '--expect100-timeout', '9');
    const done = await curl(args, bodyOf(world, 'openai', 'http-503:1', false));
    const { interim, body } = reply(done.bytes);
    const isPrompt = performance.now() - startedAt < 5000;
    return {
      saw: '100, then the whole text',
      problems: [
        ...exits(done, 0),
        ...(/^HTTP\/1\.1 100 /.test(interim) && isPrompt ? [] : ['it was not told to go on']),
        ...sameText(wholeText(JSON.parse(body.toString())), await world.upstream.expected(WELL, world.prompt)),
      ],
    };
  },
};

export const UPLOADS = [
  upload('a long upload', 'binary'),
  upload('a long upload without a length', 'binary', '--header', 'transfer-encoding: chunked'),
  image,
  continues,
];
